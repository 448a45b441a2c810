// Filters by topic and kind of source, behind one button beside the search.
import { button, el, icon } from "../dom";
import type { Show } from "../show";
import { dot } from "./rows";

/** The button and what it opens. */
export function filtersPart(show: Show): { opener: HTMLButtonElement; panel: HTMLElement } {
  const { data, state, text, words } = show;
  const panel = el("div", { id: "filters", class: "filters", hidden: true });
  const opener = button("icon filter-opener", () => toggle(), icon("filter"));
  opener.setAttribute("aria-label", text.filters);
  opener.title = text.filters;
  opener.setAttribute("aria-controls", "filters");
  const toggle = () => {
    panel.hidden = !panel.hidden;
    opener.setAttribute("aria-expanded", String(!panel.hidden));
  };
  opener.setAttribute("aria-expanded", "false");

  const syncs: (() => void)[] = [];
  const box = (label: (HTMLElement | string)[], isOn: () => boolean, flip: () => void) => {
    const input = el("input", { type: "checkbox", onchange: flip });
    syncs.push(() => {
      input.checked = isOn();
    });
    return el("label", { class: "check" }, input, label);
  };
  const flipped = <T>(set: Set<T>, value: T) => {
    const next = new Set(set);
    if (!next.delete(value)) next.add(value);
    return next;
  };
  const { filters } = state;
  const sources = data.sources.map((source) =>
    box(
      [words.coded(source)],
      () => filters.sources.has(source),
      () => state.filter({ sources: flipped(filters.sources, source) }),
    ),
  );
  const topics = data.clusters.map((cluster) =>
    box(
      [dot(cluster), el("span", { class: "title" }, cluster.name)],
      () => filters.topics.has(cluster.index),
      () => state.filter({ topics: flipped(filters.topics, cluster.index) }),
    ),
  );
  const group = (name: string, boxes: HTMLElement[]) =>
    el("fieldset", {}, el("legend", {}, name), el("div", { class: "checks" }, boxes));
  if (sources.length > 1) panel.append(group(text.sources, sources));
  panel.append(
    group(text.topics, topics),
    button("plain", () => state.clear(), text.everything),
  );
  const sync = () => {
    for (const one of syncs) one();
    opener.classList.toggle("active", filters.topics.size + filters.sources.size > 0);
  };
  state.onChange((change) => change === "filter" && sync());
  sync();
  return { opener, panel };
}
