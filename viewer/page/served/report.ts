// What was left out of a graph, and why.
import { add, el, list } from "../dom";
import type { Strings } from "../strings";
import type { Report } from "./api";

/** Folded away; null where all is on the map and there is nothing to say. */
export function reportNote(report: Report | null | undefined, text: Strings): HTMLElement | null {
  if (!report) return null;
  const { counts, skipped = [], warnings = [] } = report;
  if (counts.skipped === 0 && warnings.length === 0) return null;
  const made = el(
    "details",
    { class: "report" },
    el("summary", {}, counts.skipped > 0 ? `${text.report} (${counts.skipped})` : text.report),
  );
  add(made, el("p", {}, text.reportRead(counts.read, counts.skipped)));
  const rows = skipped.map(({ reason, id, index }) => {
    const place = id ?? (typeof index === "number" ? text.place(index) : null);
    return el("span", {}, reason, place && el("span", { class: "note" }, ` (${place})`));
  });
  if (rows.length > 0) add(made, list(rows, "skipped"));
  if (counts.skipped > rows.length) add(made, el("p", { class: "muted" }, text.more(counts.skipped - rows.length)));
  if (counts.repaired > 0) add(made, el("p", {}, text.reportRepaired(counts.repaired)));
  add(made, ...warnings.map((warning) => el("p", {}, warning)));
  return made;
}
