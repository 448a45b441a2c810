// Soft territories under the clusters. Each cluster is a sum of bells around its nodes; a cell of the plane belongs to
// the strongest, colours blend where two meet, and the coast is where the sum falls under a threshold.
import type { Cluster, Dataset } from "../data";
import { clamp } from "../dom";
import { theme } from "../theme";

/** Cells a side. */
export const CELLS = 384;
/** The picture shows the plane from minus this to this, both ways. */
export const REACH = 1.25;
/** What the last channel holds is the strongest field, up to this. */
const STRONGEST = 2.4;

/** How far a node's land reaches, in units of the map: the more nodes, the less. */
export const bellRadius = (nodes: number): number => clamp(0.56 / Math.sqrt(Math.max(nodes, 1) / 12), 0.07, 0.2);

/** A picture of the territories: the cluster's colour, and in the last channel how strong its field is. */
export function landOf(data: Dataset): Uint8ClampedArray<ArrayBuffer> {
  const sums = new Float32Array(CELLS * CELLS * 5);
  const field = new Float32Array(CELLS * CELLS);
  const radius = bellRadius(data.nodes.length);
  const height = Math.max(1, Math.sqrt(data.nodes.length / 1500));
  for (const cluster of data.clusters) {
    const rows = addField(field, cluster, radius);
    addColour(sums, field.subarray(rows.from * CELLS, rows.to * CELLS), rows.from * CELLS, cluster, height);
    field.fill(0, rows.from * CELLS, rows.to * CELLS);
  }
  const picture = new Uint8ClampedArray(CELLS * CELLS * 4);
  for (let cell = 0; cell < field.length; cell++) {
    const [from, to] = [cell * 5, cell * 4];
    const weight = sums[from + 3] || 1;
    for (let channel = 0; channel < 3; channel++) picture[to + channel] = (sums[from + channel] as number) / weight;
    picture[to + 3] = (Math.min(sums[from + 4] as number, STRONGEST) / STRONGEST) * 255;
  }
  return picture;
}

/** Adds the bells of a cluster, and tells which rows hold any of them. */
function addField(field: Float32Array, cluster: Cluster, radius: number): { from: number; to: number } {
  const rows = { from: CELLS, to: 0 };
  const cell = (at: number) => ((at + REACH) / (2 * REACH)) * CELLS - 0.5;
  const reach = (radius / (2 * REACH)) * CELLS;
  for (const node of cluster.nodes) {
    const [cx, cy] = [cell(node.x), cell(node.y)];
    const [left, right] = [Math.max(0, Math.ceil(cx - reach)), Math.min(CELLS - 1, cx + reach)];
    const [top, bottom] = [Math.max(0, Math.ceil(cy - reach)), Math.min(CELLS - 1, cy + reach)];
    rows.from = Math.min(rows.from, top);
    rows.to = Math.max(rows.to, Math.floor(bottom) + 1);
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const distance = ((x - cx) ** 2 + (y - cy) ** 2) / reach ** 2;
        const at = y * CELLS + x;
        if (distance < 1) field[at] = (field[at] as number) + (1 - distance) ** 2;
      }
    }
  }
  return rows.from < rows.to ? rows : { from: 0, to: 0 };
}

/** Adds a cluster to the sums of cells from `first` on: red, green, blue, weight, and the strongest field. */
function addColour(sums: Float32Array, field: Float32Array, first: number, cluster: Cluster, height: number): void {
  const colour = theme.of(cluster);
  for (let cell = 0; cell < field.length; cell++) {
    const strength = (field[cell] as number) / height;
    if (strength === 0) continue;
    const at = (first + cell) * 5;
    const weight = strength * strength * strength * strength;
    for (let channel = 0; channel < 3; channel++) {
      sums[at + channel] = (sums[at + channel] as number) + (colour[channel] as number) * weight;
    }
    sums[at + 3] = (sums[at + 3] as number) + weight;
    sums[at + 4] = Math.max(sums[at + 4] as number, strength);
  }
}
