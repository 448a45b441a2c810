// Time in bins of whole months, so many that a small chart can show them.
import type { Dataset, GraphNode } from "../data";
import { DAY } from "../strings";

const MOST_BINS = 48;
const WIDTHS = [1, 2, 3, 6, 12, 24, 60, 120];

/** A stretch of whole months. */
export interface Bin {
  /** First and last day. */
  first: number;
  last: number;
}

/** The bins from the first to the last dated node; none without dates. */
export function binsOf(data: Dataset): Bin[] {
  if (!data.days) return [];
  const [from, to] = [monthOf(data.days.first), monthOf(data.days.last)];
  const months = WIDTHS.find((width) => (to - from + 1) / width <= MOST_BINS) ?? 120;
  const start = Math.floor(from / months) * months;
  const bins: Bin[] = [];
  for (let month = start; month <= to; month += months) {
    bins.push({ first: firstDayOf(month), last: firstDayOf(month + months) - 1 });
  }
  return bins;
}

/** How many of `nodes` are in each bin. */
export function countsIn(bins: Bin[], nodes: GraphNode[]): number[] {
  const counts = bins.map(() => 0);
  for (const { day } of nodes) {
    const at = day === null ? -1 : bins.findIndex((bin) => day >= bin.first && day <= bin.last);
    if (at >= 0) counts[at] = (counts[at] as number) + 1;
  }
  return counts;
}

function monthOf(day: number): number {
  const date = new Date(day * DAY);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

const firstDayOf = (month: number) => Math.floor(Date.UTC(Math.floor(month / 12), month % 12, 1) / DAY);
