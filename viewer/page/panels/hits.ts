// What the search and the filters leave, and what is near in meaning where a server can tell.

import type { GraphNode } from "../data";
import { button, el, list, section } from "../dom";
import type { Show } from "../show";
import { nodeButton, nodeList } from "./rows";

const MOST_HITS = 60;
const MEANING_AFTER_MS = 350;

/** Fills `place` whenever the filters change. */
export function fillHits(show: Show, place: HTMLElement, status: HTMLElement): void {
  const { state, text, hooks, life } = show;
  const meant = el("div", { class: "meant" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  life.addEventListener("abort", () => clearTimeout(timer));

  const ask = (query: string) => {
    clearTimeout(timer);
    const turn = ++asked;
    if (!hooks.meaning || query.trim().length < 2) return meant.replaceChildren();
    const { meaning } = hooks;
    meant.replaceChildren(section(text.meaning, el("p", { class: "muted" }, text.searching)));
    timer = setTimeout(async () => {
      const { nodes, content } = await nearestTo(show, query, meaning);
      if (turn !== asked || life.aborted) return;
      meant.replaceChildren(section(text.meaning, content));
      state.lightNear(nodes);
    }, MEANING_AFTER_MS);
  };

  let query = "";
  const sync = () => {
    const matches = state.matches ? [...state.matches] : null;
    place.hidden = matches === null;
    status.textContent = matches ? text.hits(matches.length) : "";
    if (state.filters.query !== query) {
      query = state.filters.query;
      ask(query);
    }
    if (!matches) return place.replaceChildren();
    const all = button("plain", () => state.clear(), text.everything);
    const head = el(
      "div",
      { class: "hits-head" },
      el("h3", {}, text.shown(matches.length, show.data.nodes.length)),
      all,
    );
    const keywords = nodeList(show, matches.slice(0, MOST_HITS), (node) => node.keywords.slice(0, 4).join(" · "));
    const rest = matches.length > MOST_HITS && el("p", { class: "muted" }, text.more(matches.length - MOST_HITS));
    const none = matches.length === 0 && el("p", { class: "muted" }, text.nothingLit);
    place.replaceChildren(...[head, none, keywords, rest, meant].filter((part) => part instanceof Node));
  };
  state.onChange((change) => change === "filter" && sync());
  sync();
}

/** What is near in meaning, as nodes and as rows, or why that cannot be told. */
async function nearestTo(
  show: Show,
  query: string,
  meaning: NonNullable<Show["hooks"]["meaning"]>,
): Promise<{ nodes: GraphNode[]; content: HTMLElement }> {
  const { data, text } = show;
  const muted = (words: string) => el("p", { class: "muted" }, words);
  const byId = new Map(data.nodes.map((node) => [node.id, node]));
  try {
    const { results } = await meaning(query);
    const found = results.flatMap(({ id, score }) => {
      const node = byId.get(id);
      return node ? [{ node, score }] : [];
    });
    const rows = found.map(({ node, score }) => {
      const share = el("span", { class: "weight" }, text.percent(Math.round(score * 100)));
      return nodeButton(show, node, node.keywords.slice(0, 4).join(" · "), share);
    });
    return { nodes: found.map(({ node }) => node), content: rows.length > 0 ? list(rows) : muted(text.meaningNone) };
  } catch (problem) {
    return { nodes: [], content: muted(problem instanceof Error ? problem.message : String(problem)) };
  }
}
