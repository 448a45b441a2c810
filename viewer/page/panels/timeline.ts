// The timeline: how much was said when, and a brush over it that leaves a range of dates.
import { el, iconButton, svg } from "../dom";
import type { Show } from "../show";
import { paintAs } from "../theme";
import { type Bin, binsOf, countsIn } from "./bins";

/** The panel; null where fewer than two bins have dates. */
export function timelinePanel(show: Show): HTMLElement | null {
  const { data, state, text, words } = show;
  const bins = binsOf(data);
  const [first, last] = [bins[0], bins.at(-1)];
  if (bins.length < 2 || !first || !last || !data.days) return null;
  const ends = ["from", "to"] as const;
  const inputs = ends.map((end) =>
    el("input", { type: "range", class: `brush ${end}`, min: 0, max: bins.length, step: 1, "aria-label": text[end] }),
  ) as [HTMLInputElement, HTMLInputElement];
  const veils = ends.map((end) => el("span", { class: `veil ${end}` }));
  const label = el("span", { class: "range" });
  const clear = iconButton("cross", text.everything, () => state.filter({ from: null, to: null }), "small");

  const sync = () => {
    const { from, to } = state.filters;
    const [low, high] = [placeOf(bins, from, 0), placeOf(bins, to, bins.length, 1)];
    inputs[0].value = String(low);
    inputs[1].value = String(high);
    const [lowest, highest] = [(low / bins.length) * 100, (1 - high / bins.length) * 100];
    if (veils[0]) veils[0].style.width = `${lowest}%`;
    if (veils[1]) veils[1].style.width = `${highest}%`;
    const days = { first: from ?? data.days?.first ?? 0, last: to ?? data.days?.last ?? 0 };
    label.textContent = words.span(days);
    inputs[0].setAttribute("aria-valuetext", words.month(days.first));
    inputs[1].setAttribute("aria-valuetext", words.month(days.last));
    clear.hidden = from === null && to === null;
  };
  const choose = (low: number, high: number) =>
    state.filter({
      from: low <= 0 ? null : (bins[low]?.first ?? null),
      to: high >= bins.length ? null : (bins[high - 1]?.last ?? null),
    });
  inputs[0].addEventListener("input", () =>
    choose(Math.min(inputs[0].valueAsNumber, inputs[1].valueAsNumber - 1), inputs[1].valueAsNumber),
  );
  inputs[1].addEventListener("input", () =>
    choose(inputs[0].valueAsNumber, Math.max(inputs[1].valueAsNumber, inputs[0].valueAsNumber + 1)),
  );

  const chart = el("div", { class: "bars" }, bars(show, bins), veils, inputs);
  drawRange(chart, bins.length, choose);
  state.onChange((change) => change === "filter" && sync());
  sync();
  return el(
    "section",
    { class: "panel timeline", "aria-label": text.timeline },
    el("div", { class: "range-row" }, label, clear),
    chart,
  );
}

/** A press on the bars between the handles begins a new range. */
function drawRange(chart: HTMLElement, count: number, choose: (low: number, high: number) => void): void {
  let start: number | null = null;
  const at = (event: PointerEvent) => {
    const box = chart.getBoundingClientRect();
    return Math.min(count, Math.max(0, ((event.clientX - box.left) / box.width) * count));
  };
  chart.addEventListener("pointerdown", (event) => {
    if (event.target instanceof HTMLInputElement || event.button !== 0) return;
    chart.setPointerCapture(event.pointerId);
    start = at(event);
  });
  chart.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const end = at(event);
    const [low, high] = [Math.floor(Math.min(start, end)), Math.ceil(Math.max(start, end))];
    choose(low, Math.max(high, low + 1));
  });
  for (const kind of ["pointerup", "pointercancel"] as const) {
    chart.addEventListener(kind, () => {
      start = null;
    });
  }
}

/** The border of bins that a day lies at. */
function placeOf(bins: Bin[], day: number | null, otherwise: number, after = 0): number {
  if (day === null) return otherwise;
  const at = bins.findIndex((bin) => day <= bin.last);
  return at < 0 ? bins.length : at + after;
}

/** A bar a bin, its topics one above the other. */
function bars(show: Show, bins: Bin[]): SVGSVGElement {
  const counts = show.data.clusters.map((cluster) => ({ cluster, counts: countsIn(bins, cluster.nodes) }));
  const totals = bins.map((_, bin) => counts.reduce((sum, one) => sum + (one.counts[bin] as number), 0));
  const most = Math.max(1, ...totals);
  const picture = svg("svg", {
    viewBox: `0 0 ${bins.length * 10} 100`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  bins.forEach((_, bin) => {
    let top = 100;
    for (const { cluster, counts: of } of counts) {
      const height = ((of[bin] as number) / most) * 100;
      if (height === 0) continue;
      top -= height;
      picture.append(paintAs(svg("rect", { x: bin * 10 + 0.8, y: top, width: 8.4, height }), cluster));
    }
  });
  return picture;
}
