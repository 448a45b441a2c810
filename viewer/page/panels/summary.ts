// The summary: what the history is about, with ways from every sentence to its nodes.
import { type Cluster, type GraphNode, spanOfDays } from "../data";
import { add, button, el, list, section, svg } from "../dom";
import type { Show } from "../show";
import { paintAs } from "../theme";
import { binsOf, countsIn } from "./bins";
import { clusterLink, dot, keywordChips, meter, nodeButton } from "./rows";

const MOST_REFERENCES = 5;
const CHART = { width: 132, height: 22 };

export function fillSummary(show: Show, place: HTMLElement): void {
  const { data, text } = show;
  const told = data.summary;
  if (told) {
    const figures = [
      [text.span, told.span],
      [text.period, told.period],
      [text.style, told.style],
    ] as const;
    const known = figures.filter(([, value]) => value && value !== "N/A");
    add(
      place,
      el("p", { class: "prose lead" }, told.text),
      overTime(show),
      el("dl", { class: "figures" }, ...known.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    );
    add(
      place,
      told.interests.length > 0 &&
        section(
          text.interests,
          list(
            told.interests.map((name) => interest(show, name)),
            "chips",
          ),
        ),
    );
  } else {
    add(place, el("p", { class: "muted" }, text.noSummary), overTime(show));
    return;
  }
  const nodesAt = (places: number[]) => places.map((at) => data.nodes[at]).filter((node) => node !== undefined);
  const patterns = told.patterns.map(([kind, words, evidence, level]) =>
    card(heading(show, kind, level), null, words, references(show, nodesAt(evidence))),
  );
  const connections = told.connections.map((connection) => ofConnection(show, connection));
  const recommendations = told.recommendations.map(([kind, title, words, related, level]) =>
    card(heading(show, kind, level), title, words, references(show, nodesAt(related))),
  );
  add(place, patterns.length > 0 && section(text.patterns, patterns));
  add(place, connections.length > 0 && section(text.connections, connections));
  add(place, recommendations.length > 0 && section(text.recommendations, recommendations));
}

/** An interest that is a cluster's name leads there. */
function interest(show: Show, name: string): HTMLElement {
  const cluster = show.data.clusters.find((candidate) => candidate.name === name);
  return cluster ? clusterLink(show, cluster, "chip") : el("span", { class: "chip" }, name);
}

function card(head: HTMLElement, title: string | null, words: string, ...more: (HTMLElement | null)[]): HTMLElement {
  return el(
    "article",
    { class: "card" },
    head,
    title ? el("h4", {}, title) : null,
    el("p", { class: "prose" }, words),
    ...more,
  );
}

const heading = (show: Show, kind: string, level: string) =>
  el(
    "p",
    { class: "kind" },
    el("span", {}, show.words.coded(kind)),
    el("span", { class: `level ${level}` }, show.words.coded(level)),
  );

function references(show: Show, nodes: GraphNode[]): HTMLElement | null {
  if (nodes.length === 0) return null;
  return list(
    nodes.slice(0, MOST_REFERENCES).map((node) => nodeButton(show, node, "")),
    "list tight",
  );
}

function ofConnection(
  show: Show,
  [from, to, strength, terms, words]: [number, number, number, string[], string],
): HTMLElement {
  const ends = [from, to].map((at) => show.data.clusters[at]).filter((cluster) => cluster !== undefined);
  const links = ends.map((cluster) => clusterLink(show, cluster));
  const arrow = el("span", { "aria-hidden": "true" }, "↔");
  const head = el("div", { class: "ends" }, links[0], arrow, links[1]);
  return card(head, null, words, meter(strength), terms.length > 0 ? keywordChips(show, terms) : null);
}

/** One small curve a topic, all over the same months and to the same height. */
function overTime(show: Show): HTMLElement | null {
  const { data, text, words } = show;
  const bins = binsOf(data);
  if (bins.length < 2 || !data.days) return null;
  const curves = data.clusters.map((cluster) => ({ cluster, counts: countsIn(bins, cluster.nodes) }));
  const most = Math.max(1, ...curves.flatMap(({ counts }) => counts));
  const row = ({ cluster, counts }: { cluster: Cluster; counts: number[] }) => {
    const peak = bins[counts.indexOf(Math.max(...counts))];
    const span = words.span(spanOfDays(cluster.nodes));
    const made = button(
      "row curve-row",
      () => show.state.choose({ cluster }, true),
      dot(cluster),
      el("span", { class: "grow title" }, cluster.name),
      curve(counts, most, cluster),
    );
    if (peak) made.setAttribute("aria-label", text.overTimeOf(cluster.name, span, words.month(peak.first)));
    return made;
  };
  const ends = el(
    "p",
    { class: "curve-ends", "aria-hidden": "true" },
    el("span", {}, words.month(data.days.first)),
    el("span", {}, words.month(data.days.last)),
  );
  return section(text.overTime, list(curves.filter(({ cluster }) => cluster.nodes.length > 0).map(row)), ends);
}

function curve(counts: number[], most: number, cluster: Cluster): SVGSVGElement {
  const { width, height } = CHART;
  const [step, floor] = [width / (counts.length - 1), height - 1];
  const at = (count: number, index: number) =>
    `${(index * step).toFixed(1)} ${(floor - (count / most) ** 0.7 * (height - 3)).toFixed(1)}`;
  const line = counts.map(at).join("L");
  const parts = [
    svg("path", { class: "curve-fill", d: `M0 ${floor}L${line}L${width} ${floor}Z` }),
    svg("path", { class: "curve-line", d: `M${line}` }),
  ];
  return paintAs(
    svg("svg", { class: "curve", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, parts),
    cluster,
  );
}
