// Which words the page speaks. Names and summary keep the language they were built in.
import { memory } from "../dom";
import { en, type Strings } from "./en";
import { ko } from "./ko";
import { zh } from "./zh";

export type { Strings };

/** The languages of the page, with their own names, short and whole. */
export const LANGUAGES = [
  ["en", "EN", "English"],
  ["ko", "한국어", "한국어"],
  ["zh", "中文", "中文"],
] as const;

export type LanguageCode = (typeof LANGUAGES)[number][0];

/** The chosen language, else that of the graph, else the first that the browser asks for. */
export function languageOf(graph: string | null): LanguageCode {
  const wanted = [memory.get("language"), graph, ...navigator.languages];
  for (const code of wanted) {
    const found = LANGUAGES.find(([known]) => code?.toLowerCase().startsWith(known));
    if (found) return found[0];
  }
  return "en";
}

/** What a language says and how it writes dates. */
export class Words {
  readonly text: Strings;
  private readonly days: Intl.DateTimeFormat;
  private readonly months: Intl.DateTimeFormat;

  constructor(readonly code: LanguageCode) {
    this.text = { en, ko, zh }[code];
    this.days = new Intl.DateTimeFormat(code, { dateStyle: "medium", timeZone: "UTC" });
    this.months = new Intl.DateTimeFormat(code, { year: "numeric", month: "short", timeZone: "UTC" });
  }

  day(day: number | null): string {
    return day === null ? this.text.noDate : this.days.format(day * DAY);
  }

  month(day: number): string {
    return this.months.format(day * DAY);
  }

  span(days: { first: number; last: number } | null): string {
    if (!days) return this.text.noDate;
    const [first, last] = [this.month(days.first), this.month(days.last)];
    return first === last ? first : `${first} – ${last}`;
  }

  /** The words for a code of the graph, or the code itself. */
  coded(code: string): string {
    const found = (this.text as Record<string, unknown>)[code];
    return typeof found === "string" ? found : code;
  }
}

/** Milliseconds of a day. */
export const DAY = 864e5;
