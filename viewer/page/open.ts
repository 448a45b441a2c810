// Opens a graph: builds its page and keeps its parts in step.
import { type Cluster, type Dataset, type GraphNode, type Packed, unpack } from "./data";
import { clamp, el, iconButton, memory } from "./dom";
import { saveMenu } from "./files/menu";
import { listen, zoomStep } from "./map/input";
import { GraphMap } from "./map/map";
import type { Area } from "./map/view";
import { detailPanel } from "./panels/detail";
import { type Side, sidePanel } from "./panels/side";
import { timelinePanel } from "./panels/timeline";
import type { Hooks, Show } from "./show";
import { State } from "./state";
import { languageOf, Words } from "./strings";
import { onTheme, repaint } from "./theme";

/** Share of a cluster that is looked at. */
const MOST = 0.92;
/** Below this width the panels are sheets at the bottom. */
const NARROW = 720;

/** Opens `packed` in `root` and returns how to close it. `hooks` is asked again when the language changes. */
export function openGraph(root: HTMLElement, packed: Packed, hooks: (words: Words) => Hooks = () => ({})): () => void {
  const data = unpack(packed);
  let close = build(root, data, hooks, again);
  function again(code: string) {
    memory.set("language", code);
    close();
    close = build(root, data, hooks, again);
    root.querySelector<HTMLElement>(".language")?.focus();
  }
  return () => close();
}

function build(
  root: HTMLElement,
  data: Dataset,
  hooks: (words: Words) => Hooks,
  speak: (code: string) => void,
): () => void {
  const controller = new AbortController();
  const life = controller.signal;
  const words = new Words(languageOf(data.language));
  const { text } = words;
  document.documentElement.lang = words.code;
  const state = new State(data, life);
  const map = new GraphMap(
    data,
    state,
    () => freeArea(map, root),
    () => coveredAreas(map, root),
    life,
  );
  const show: Show = { data, state, words, text, map, hooks: hooks(words), life };

  const { stage } = map;
  if (map.isDrawn) {
    for (const [name, value] of [
      ["tabindex", "0"],
      ["role", "application"],
      ["aria-label", text.mapHelp],
    ] as const) {
      stage.setAttribute(name, value);
    }
  }
  const tooltip = tooltipOf(show);
  const side = sidePanel(show, speak);
  const detail = detailPanel(show);
  const timeline = timelinePanel(show);
  const skip = el("a", { class: "skip", href: "#topics" }, text.skip);
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    side.open(true);
    side.focusTopics();
  });
  const notice = data.nodes.length === 0 ? text.empty : map.isDrawn ? null : text.noWebgl;
  const main = el("main", {}, stage, tooltip.element, notice && el("p", { class: "notice" }, notice));
  root.replaceChildren(skip, main, side.panel, detail);
  if (timeline) root.append(timeline);
  root.append(controls(show));

  listen(map, state, tooltip.point);
  state.onChange((change, fly) => {
    tooltip.point(null, 0, 0);
    if (change === "choice") bringIntoView(show, fly);
  });
  onTheme(() => repaint(root, data.clusters), life);
  listenToKeys(show, side);
  const sizes = new ResizeObserver(() => map.resize());
  sizes.observe(stage);
  life.addEventListener("abort", () => sizes.disconnect());
  map.resize();
  bringIntoView(show, true);
  return () => controller.abort();
}

function controls(show: Show): HTMLElement {
  const { map, text } = show;
  const zooms = map.isDrawn
    ? [
        iconButton("plus", text.zoomIn, () => zoomStep(map, 1.6)),
        iconButton("minus", text.zoomOut, () => zoomStep(map, 1 / 1.6)),
        iconButton("fit", text.fit, () => map.fit()),
      ]
    : [];
  return el("div", { class: "panel controls", role: "group", "aria-label": text.controls }, zooms, saveMenu(show));
}

/** Moves where asked to, or where a panel would hide what was chosen. */
function bringIntoView({ state, map }: Show, fly: boolean): void {
  const { node, cluster } = state;
  const { view } = map;
  if (cluster && fly) map.go(view.around(mostOf(cluster), 2.4));
  if (!node) return;
  const area = freeAreaOf(map);
  const [x, y] = [view.toX(node.x), view.toY(node.y)];
  const isHidden = x < area.left + 20 || x > area.right - 20 || y < area.top + 20 || y > area.bottom - 20;
  if (fly) map.flyTo(node);
  else if (isHidden) map.go(view.centred(node.x, node.y, view.scale));
}

/** The nodes of a cluster without the few that lie far off: they would make all the others small. */
function mostOf({ nodes }: Cluster): GraphNode[] {
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  const [x, y] = [median(nodes.map((node) => node.x)), median(nodes.map((node) => node.y))];
  const away = (node: GraphNode) => Math.hypot(node.x - x, node.y - y);
  return [...nodes].sort((a, b) => away(a) - away(b)).slice(0, Math.ceil(nodes.length * MOST));
}

const freeAreaOf = (map: GraphMap) => freeArea(map, map.stage.closest("#app") as HTMLElement);

const panelsOf = (root: HTMLElement) =>
  [...root.querySelectorAll<HTMLElement>(":scope > .panel")].filter((panel) => !panel.hidden);

function coveredAreas(map: GraphMap, root: HTMLElement): Area[] {
  const stage = map.stage.getBoundingClientRect();
  return panelsOf(root)
    .map((panel) => panel.getBoundingClientRect())
    .map(({ left, top, right, bottom }) => ({
      left: left - stage.left - 4,
      top: top - stage.top - 4,
      right: right - stage.left + 4,
      bottom: bottom - stage.top + 4,
    }));
}

/** The rectangle of the map that no panel covers. */
function freeArea(map: GraphMap, root: HTMLElement): Area {
  const { width, height } = map.view;
  const area = { left: 0, top: 0, right: width, bottom: height };
  for (const panel of panelsOf(root)) {
    const box = panel.getBoundingClientRect();
    if (box.height === 0 || panel.classList.contains("controls")) continue;
    if (width < NARROW || panel.classList.contains("timeline")) area.bottom = Math.min(area.bottom, box.top);
    else if (panel.classList.contains("side")) area.left = Math.max(area.left, box.right);
    else area.right = Math.min(area.right, box.left);
  }
  if (area.bottom - area.top < 80) area.bottom = height;
  return area;
}

interface Tooltip {
  element: HTMLElement;
  point: (node: GraphNode | null, x: number, y: number) => void;
}

/** What a node is, beside the pointer. */
function tooltipOf({ words, text, map }: Show): Tooltip {
  const element = el("div", { class: "tooltip", "aria-hidden": "true", hidden: true });
  const note = (line: string) => line && el("span", { class: "note" }, line);
  let shown: GraphNode | null = null;
  const point = (node: GraphNode | null, x: number, y: number) => {
    element.hidden = !node;
    if (!node) return;
    if (node !== shown) {
      shown = node;
      const facts = `${words.day(node.day)} · ${text.messages(node.messages)}`;
      const parts = [el("strong", {}, node.title), note(facts), note(node.keywords.slice(0, 5).join(" · "))];
      element.replaceChildren(...parts.filter((part) => part instanceof Node));
    }
    const { offsetWidth: width, offsetHeight: height } = element;
    const left = clamp(x + 16, 8, Math.max(8, map.view.width - width - 8));
    const top = y + 18 + height > map.view.height ? y - height - 14 : y + 18;
    element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  };
  return { element, point };
}

function listenToKeys({ state, map, life }: Show, side: Side): void {
  const isTyping = (target: EventTarget | null) =>
    target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
  const keys: Record<string, () => void> = {
    "/": () => side.search.focus(),
    "+": () => zoomStep(map, 1.4),
    "=": () => zoomStep(map, 1.4),
    "-": () => zoomStep(map, 1 / 1.4),
    "0": () => map.fit(),
  };
  const letGo = () => {
    if (state.filters.query) state.filter({ query: "" });
    else if (state.node || state.cluster) state.choose({});
    else if (state.isFiltered) state.clear();
  };
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape") return letGo();
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    },
    { signal: life },
  );
}

/** The data block of a page. */
export function packedIn(page: Document): Packed | null {
  const block = page.getElementById("graph-data")?.textContent;
  return block ? (JSON.parse(block) as Packed) : null;
}
