// The side panel: title, search, filters, topics, summary, what was found.
import { add, button, el, icon, iconButton, list, mark } from "../dom";
import type { Show } from "../show";
import type { Tab } from "../state";
import { LANGUAGES } from "../strings";
import { paintAs, switchTheme } from "../theme";
import { filtersPart } from "./filters";
import { fillHits } from "./hits";
import { clusterButton, meter } from "./rows";
import { fillSummary } from "./summary";

export interface Side {
  panel: HTMLElement;
  search: HTMLInputElement;
  /** Shows or hides the list where it is a sheet at the bottom of a small screen. */
  open: (isOpen: boolean) => void;
  focusTopics: () => void;
}

/** The panel; `speak` is called with another language. */
export function sidePanel(show: Show, speak: (code: string) => void): Side {
  const { data, state, text, hooks } = show;
  const panel = el("aside", { id: "side", class: "panel side", "aria-label": text.sidePanel });
  const handle = button("sheet-handle", () => open(!panel.classList.contains("open")));
  handle.setAttribute("aria-label", text.sheet);
  const open = (isOpen: boolean) => {
    panel.classList.toggle("open", isOpen);
    handle.setAttribute("aria-expanded", String(isOpen));
  };
  open(false);

  const status = el("p", { class: "visually-hidden", role: "status" });
  const hits = el("section", { id: "hits", class: "scroll", "aria-label": text.results, hidden: true });
  const { opener, panel: filters } = filtersPart(show);
  const search = searchBox(show, hits);
  const browse = el("div", { class: "browse" });
  const { tabs, pages } = tabsOf(show, open);
  browse.append(tabs, ...pages);
  fillHits(show, hits, status);
  const sync = () => {
    browse.hidden = state.matches !== null;
    if (search.value !== state.filters.query) search.value = state.filters.query;
  };
  state.onChange((change) => {
    if (change === "filter") {
      sync();
      if (state.matches && state.filters.query) open(true);
    }
    if (change === "choice" && (state.node || state.cluster)) open(false);
  });
  sync();

  const counts = `${text.nodes(data.nodes.length)} · ${text.topicCount(data.clusters.length)}`;
  const tools = [languageSelect(show, speak), iconButton("theme", text.theme, switchTheme)];
  const names = el("div", {}, el("h1", {}, "GraphNode"), el("p", { class: "muted" }, counts));
  const brand = el("header", { class: "brand" });
  add(brand, hooks.lead ?? mark(), names, tools);
  const row = el(
    "div",
    { class: "search-row" },
    el("div", { class: "search" }, icon("search"), search, el("kbd", { "aria-hidden": "true" }, "/")),
    opener,
  );
  add(panel, handle, brand, hooks.note, row, status, filters, browse, hits);
  return { panel, search, open, focusTopics: () => tabs.querySelector<HTMLElement>("[role=tab]")?.focus() };
}

export function languageSelect(
  show: { text: Show["text"]; words: Show["words"] },
  speak: (code: string) => void,
): HTMLElement {
  const options = LANGUAGES.map(([code, short, name]) =>
    el("option", { value: code, selected: code === show.words.code, title: name, lang: code }, short),
  );
  const select = el(
    "select",
    { class: "language", "aria-label": show.text.language, title: show.text.language },
    options,
  );
  select.addEventListener("change", () => speak(select.value));
  return select;
}

function searchBox(show: Show, hits: HTMLElement): HTMLInputElement {
  const { state, text } = show;
  const box = el("input", {
    id: "search",
    type: "search",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": text.search,
    placeholder: text.searchHint,
  });
  box.addEventListener("input", () => state.filter({ query: box.value }));
  box.addEventListener("keydown", (event) => {
    const [first] = state.matches ?? [];
    if (event.key === "Enter" && first) state.choose({ node: first }, true);
    if (event.key === "ArrowDown") hits.querySelector<HTMLElement>(".row")?.focus();
    if (event.key === "ArrowDown" || event.key === "Enter") event.preventDefault();
  });
  return box;
}

function tabsOf(show: Show, openSheet: (isOpen: boolean) => void): { tabs: HTMLElement; pages: HTMLElement[] } {
  const { state, text } = show;
  const names: Tab[] = ["topics", "summary"];
  const pages = names.map((name) =>
    el("div", {
      id: `page-${name}`,
      class: `scroll page-${name}`,
      role: "tabpanel",
      "aria-labelledby": `tab-${name}`,
      tabindex: 0,
    }),
  );
  const buttons = names.map((name) => {
    const made = button("", () => choose(name), text[name]);
    for (const [key, value] of Object.entries({ id: `tab-${name}`, role: "tab", "aria-controls": `page-${name}` })) {
      made.setAttribute(key, value);
    }
    return made;
  });
  const choose = (name: Tab) => {
    state.show(name);
    openSheet(true);
  };
  const sync = () => {
    names.forEach((name, at) => {
      const isOpen = state.tab === name;
      buttons[at]?.setAttribute("aria-selected", String(isOpen));
      if (buttons[at]) buttons[at].tabIndex = isOpen ? 0 : -1;
      if (pages[at]) pages[at].hidden = !isOpen;
    });
  };
  const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": text.sidePanel }, buttons);
  tabs.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    choose(state.tab === "topics" ? "summary" : "topics");
    buttons[names.indexOf(state.tab)]?.focus();
  });
  state.onChange((change) => change === "tab" && sync());
  sync();
  fillTopics(show, pages[0] as HTMLElement);
  fillSummary(show, pages[1] as HTMLElement);
  return { tabs, pages };
}

function fillTopics(show: Show, place: HTMLElement): void {
  const { data, state } = show;
  const largest = Math.max(1, ...data.clusters.map((cluster) => cluster.nodes.length));
  const rows = data.clusters.map((cluster) => {
    const row = clusterButton(show, cluster, el("span", { class: "count" }, String(cluster.nodes.length)));
    row.append(paintAs(meter(cluster.nodes.length / largest), cluster));
    return row;
  });
  place.append(list(rows));
  const sync = () => {
    for (const row of rows) {
      const isChosen = row.dataset.topic === String(state.topic?.index);
      row.setAttribute("aria-pressed", String(isChosen));
      if (isChosen) row.scrollIntoView({ block: "nearest" });
    }
  };
  state.onChange((change) => change === "choice" && sync());
  sync();
}
