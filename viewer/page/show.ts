// What every part of an open graph needs to know.
import type { Dataset } from "./data";
import type { Child, Life } from "./dom";
import type { GraphMap } from "./map/map";
import type { State } from "./state";
import type { Strings, Words } from "./strings";

/** What is found by meaning, where a server can tell. */
export interface Found {
  /** Ids of nodes with how well they fit, 0 to 1, the best first. */
  results: { id: number; score: number }[];
}

/** What a page that is served adds to one that is opened from disk. */
export interface Hooks {
  /** Stands before the title, such as the way back. */
  lead?: Child;
  /** Stands below the title, such as what was left out. */
  note?: Child;
  /** Searches by meaning. Rejects with a message for the person. */
  meaning?: (query: string) => Promise<Found>;
}

export interface Show {
  data: Dataset;
  state: State;
  words: Words;
  text: Strings;
  map: GraphMap;
  hooks: Hooks;
  life: Life;
}
