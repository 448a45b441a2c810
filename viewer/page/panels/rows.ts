// The rows and chips that lead to nodes, clusters and searches.
import type { Cluster, GraphNode } from "../data";
import { button, clamp, el, list } from "../dom";
import type { Show } from "../show";
import { paintAs } from "../theme";

/** A small disc in the cluster's colour. */
export const dot = (cluster: Cluster | null): HTMLElement =>
  paintAs(el("span", { class: "dot", "aria-hidden": "true" }), cluster);

/** A button that leads to a node, and shows where it is while hovered or focused. */
export function nodeButton(show: Show, node: GraphNode, note: string, extra?: HTMLElement): HTMLButtonElement {
  const { state } = show;
  const point = (to: GraphNode | null) => () => state.hover(to);
  const words = el("span", { class: "grow" }, el("span", { class: "title" }, node.title || show.text.topic));
  if (note) words.append(el("span", { class: "note" }, note));
  const made = button("row", () => state.choose({ node }, true), dot(node.cluster), words, extra);
  for (const kind of ["pointerenter", "focus"]) made.addEventListener(kind, point(node));
  for (const kind of ["pointerleave", "blur"]) made.addEventListener(kind, point(null));
  return made;
}

export function nodeList(show: Show, nodes: GraphNode[], note?: (node: GraphNode) => string): HTMLUListElement {
  const told = note ?? ((node: GraphNode) => show.words.day(node.day));
  return list(nodes.map((node) => nodeButton(show, node, told(node))));
}

/** A button that chooses a cluster, or lets go of it. */
export function clusterButton(show: Show, cluster: Cluster, extra?: HTMLElement): HTMLButtonElement {
  const { state } = show;
  const choose = () => state.choose(state.cluster === cluster ? {} : { cluster }, true);
  const made = button("row topic", choose, dot(cluster), el("span", { class: "grow title" }, cluster.name), extra);
  made.dataset.topic = String(cluster.index);
  made.setAttribute("aria-pressed", "false");
  return made;
}

/** How much of something, as a bar that repeats the number beside it. */
export function meter(share: number): HTMLElement {
  const fill = el("span");
  fill.style.width = `${Math.round(clamp(share, 0, 1) * 100)}%`;
  return el("span", { class: "meter", "aria-hidden": "true" }, fill);
}

export const chips = (terms: string[]): HTMLUListElement =>
  list(
    terms.map((term) => el("span", { class: "chip" }, term)),
    "chips",
  );

/** Keywords as buttons: each searches for itself. */
export const keywordChips = (show: Show, terms: string[]): HTMLUListElement =>
  list(
    terms.map((term) => button("chip", () => show.state.filter({ query: term }), term)),
    "chips",
  );

/** A link that flies to a cluster. */
export const clusterLink = (show: Show, cluster: Cluster, look = "link"): HTMLButtonElement =>
  button(look, () => show.state.choose({ cluster }, true), dot(cluster), cluster.name);
