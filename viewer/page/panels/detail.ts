// The panel of what is chosen: a conversation with its neighbours, or a topic.
import { type Cluster, type GraphNode, spanOfDays } from "../data";
import { add, el, iconButton, list, section } from "../dom";
import type { Show } from "../show";
import { chips, clusterButton, clusterLink, dot, keywordChips, meter, nodeButton, nodeList } from "./rows";

const MOST_NEIGHBOURS = 8;
const MOST_LINKED = 4;

/** The panel; it fills itself when something is chosen. */
export function detailPanel(show: Show): HTMLElement {
  const { state, text } = show;
  const panel = el("section", {
    id: "detail",
    class: "panel detail",
    "aria-label": text.details,
    tabindex: -1,
    hidden: true,
  });
  const fill = () => {
    const content = state.node ? ofNode(show, state.node) : state.cluster ? ofCluster(show, state.cluster) : null;
    const hadFocus = panel.contains(document.activeElement);
    panel.hidden = content === null;
    document.body.classList.toggle("has-detail", content !== null);
    panel.replaceChildren(...(content ?? []));
    panel.scrollTop = 0;
    return hadFocus;
  };
  let cameFrom: Element | null = null;
  fill();
  state.onChange((change, fly) => {
    if (change !== "choice") return;
    const wasHidden = panel.hidden;
    if (wasHidden) cameFrom = document.activeElement;
    const hadFocus = fill();
    if (!panel.hidden && (fly || hadFocus)) panel.focus({ preventScroll: true });
    else if (panel.hidden && hadFocus && cameFrom instanceof HTMLElement) cameFrom.focus({ preventScroll: true });
  });
  return panel;
}

function head(show: Show, eyebrow: HTMLElement | null, title: string, facts: (string | HTMLElement)[]): HTMLElement {
  const close = iconButton("cross", show.text.close, () => show.state.choose({}), "close");
  return el(
    "header",
    {},
    el("div", { class: "top" }, eyebrow, close),
    el("h2", {}, title),
    el(
      "p",
      { class: "facts" },
      facts.map((fact) => el("span", {}, fact)),
    ),
  );
}

function ofNode(show: Show, node: GraphNode): HTMLElement[] {
  const { text, words } = show;
  const eyebrow = node.cluster && clusterLink(show, node.cluster, "eyebrow link");
  const parts = [
    head(show, eyebrow, node.title, [words.day(node.day), text.messages(node.messages), words.coded(node.source)]),
  ];
  if (node.keywords.length > 0) parts.push(section(text.keywords, keywordChips(show, node.keywords)));
  const near = node.links.slice(0, MOST_NEIGHBOURS).map(({ node: other, edge }) => {
    const why = edge.shared.length > 0 ? `${text.shared}: ${edge.shared.join(", ")}` : words.day(other.day);
    const weight = el(
      "span",
      { class: "weight", title: text.similarity },
      text.percent(edge.percent),
      meter(edge.percent / 100),
    );
    return nodeButton(show, other, why, weight);
  });
  parts.push(section(text.neighbours, near.length > 0 ? list(near) : el("p", { class: "muted" }, text.noNeighbours)));
  return parts;
}

function ofCluster(show: Show, cluster: Cluster): HTMLElement[] {
  const { text, words } = show;
  const { nodes, recency } = cluster;
  const facts: (string | HTMLElement)[] = [text.nodes(nodes.length), words.span(spanOfDays(nodes))];
  if (recency && recency !== "unknown") facts.push(el("span", { class: `badge ${recency}` }, words.coded(recency)));
  const eyebrow = el("span", { class: "eyebrow" }, dot(cluster), text.topic);
  const parts = [head(show, eyebrow, cluster.name, facts)];
  if (cluster.description) parts.push(el("p", { class: "prose" }, cluster.description));
  if (cluster.insight && cluster.insight !== cluster.description) {
    parts.push(el("p", { class: "prose quote" }, cluster.insight));
  }
  if (cluster.themes.length > 0) parts.push(section(text.themes, keywordChips(show, cluster.themes)));
  if (cluster.questions.length > 0) parts.push(section(text.questions, chips(cluster.questions)));
  if (nodes.length > 0) parts.push(section(text.notable, nodeList(show, cluster.notable)));
  const linked = linkedTo(cluster).map(([other, count]) =>
    clusterButton(show, other, el("span", { class: "count" }, String(count))),
  );
  if (linked.length > 0) parts.push(section(text.linked, list(linked)));
  if (nodes.length > 0) parts.push(allOf(show, cluster));
  return parts;
}

/** All conversations of a cluster, the newest first; made when they are asked for. */
function allOf(show: Show, cluster: Cluster): HTMLElement {
  const made = el("details", {}, el("summary", {}, `${show.text.all} (${cluster.nodes.length})`));
  const byDay = (a: GraphNode, b: GraphNode) => (b.day ?? -1) - (a.day ?? -1);
  made.addEventListener("toggle", () => add(made, nodeList(show, [...cluster.nodes].sort(byDay))), { once: true });
  return made;
}

/** The clusters that most edges lead to. */
function linkedTo(cluster: Cluster): [Cluster, number][] {
  const counts = new Map<Cluster, number>();
  for (const { node } of cluster.nodes.flatMap((node) => node.links)) {
    const other = node.cluster;
    if (other && other !== cluster) counts.set(other, (counts.get(other) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_LINKED);
}
