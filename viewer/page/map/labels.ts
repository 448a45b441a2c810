// Names on the map. Each is placed only where it touches no other; what does not fit stays hidden.
import type { Cluster, Dataset, GraphNode } from "../data";
import { clamp } from "../dom";
import type { State } from "../state";
import { type Colour, rgba, theme } from "../theme";
import type { Places } from "./places";
import type { Area, View } from "./view";

export interface Label extends Area {
  words: string;
  x: number;
  y: number;
  size: number;
  weight: number;
  colour: Colour;
  alpha: number;
}

const FAMILY = `Inter, system-ui, -apple-system, "Segoe UI", "Noto Sans", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans CJK KR", "PingFang SC", "Microsoft YaHei", sans-serif`;
export const FONT_FAMILY = FAMILY;
const MOST_TITLES = 60;
/** How far a name may stand from the middle of its cluster, in units of the map. */
const FARTHEST = 0.4;
/** Scales within this many steps of a doubling share their places, so that names do not jump while one zooms. */
const STEPS_A_DOUBLING = 3;

/** Finds places for names. */
export class Labels {
  private readonly widths = new Map<string, number>();
  private readonly offsets = new Map<string, [number, number][]>();
  private readonly centres: Map<Cluster, [number, number]>;
  private readonly byWeight: GraphNode[];

  constructor(
    private readonly data: Dataset,
    private readonly places: Places,
    private readonly state: State,
    private readonly pen: CanvasRenderingContext2D,
  ) {
    this.centres = new Map(data.clusters.map((cluster) => [cluster, centreOf(cluster)]));
    this.byWeight = [...data.nodes].sort((a, b) => b.messages - a.messages);
  }

  /** The names for `view`, none on what is `taken`, the most important ones first. */
  place(view: View, taken: Area[]): Label[] {
    const [clusters, titles] = [() => this.clusterNames(view, taken), () => this.titles(view, taken)];
    // Close up the titles matter more than the names of clusters.
    return view.closeness > 3 ? [...titles(), ...clusters()] : [...clusters(), ...titles()];
  }

  private clusterNames(view: View, taken: Area[]): Label[] {
    const { data, state } = this;
    const largest = Math.max(1, ...data.clusters.map((cluster) => cluster.nodes.length));
    const base = view.width < 720 ? 10.5 : 12.5;
    const zoom = clamp(view.closeness ** 0.25, 0.85, 1.35);
    const chosen = state.topic;
    const order = chosen ? [chosen, ...data.clusters.filter((cluster) => cluster !== chosen)] : data.clusters;
    const labels: Label[] = [];
    for (const cluster of order) {
      if (cluster.nodes.length === 0) continue;
      const size = Math.round((base + 6 * Math.sqrt(cluster.nodes.length / largest)) * zoom);
      const words = shortened(cluster.name, view.width < 720 ? 24 : 34);
      const [width, height] = [this.width(words, size, 660) + 14, size * 1.5];
      const [cx, cy] = this.centres.get(cluster) as [number, number];
      const isLit = !state.lit || cluster.nodes.some((node) => state.lit?.has(node));
      const candidates = this.candidates(cluster, width, height, view).map(([dx, dy]) =>
        boxAround(view.toX(cx) + dx, view.toY(cy) + dy, width, height),
      );
      const box = candidates.find((candidate) => isInside(candidate, view) && isFree(candidate, taken));
      if (!box) continue;
      taken.push(box);
      labels.push({ ...box, words, size, weight: 660, colour: theme.label(cluster), alpha: isLit ? 1 : 0.35 });
    }
    return labels;
  }

  /** Where a cluster's name may stand, relative to its middle: where it covers the fewest nodes first. */
  private candidates(cluster: Cluster, width: number, height: number, view: View): [number, number][] {
    const step = Math.round(Math.log2(view.scale) * STEPS_A_DOUBLING);
    const key = `${cluster.index} ${step} ${Math.round(width)}`;
    const known = this.offsets.get(key);
    if (known) return known;
    const offsets: [number, number, number][] = [];
    for (let row = -7; row <= 7; row++) {
      for (let column = -3; column <= 3; column++) {
        const [dx, dy] = [column * width * 0.3, row * height * 0.62];
        const covered = this.covered(cluster, dx, dy, width, height, view);
        const away = Math.hypot(dx * 0.7, dy) / view.scale;
        if (away > FARTHEST) continue;
        offsets.push([dx, dy, covered + away * 11]);
      }
    }
    offsets.sort((a, b) => a[2] - b[2]);
    const sorted = offsets.map(([dx, dy]): [number, number] => [dx, dy]);
    this.offsets.set(key, sorted);
    return sorted;
  }

  /** How many nodes a name would cover, with a charge for standing where none of its own are near. */
  private covered(cluster: Cluster, dx: number, dy: number, width: number, height: number, view: View): number {
    const [cx, cy] = this.centres.get(cluster) as [number, number];
    const [x, y] = [cx + dx / view.scale, cy + dy / view.scale];
    const [halfX, halfY] = [width / 2 / view.scale, height / 2 / view.scale];
    const near = height / view.scale;
    let [cover, own, foreign] = [0, 0, 0];
    for (const node of this.places.within(x - halfX - near, y - halfY - near, x + halfX + near, y + halfY + near)) {
      const radius = this.places.radius(node, view) / view.scale;
      const [gapX, gapY] = [Math.abs(node.x - x) - halfX, Math.abs(node.y - y) - halfY];
      if (gapX < radius * 0.6 && gapY < radius * 0.6) cover++;
      if (gapX < near && gapY < near) node.cluster === cluster ? own++ : foreign++;
    }
    const crowd = Math.max(1, cluster.nodes.length / 40);
    const ends = [x - halfX * 0.7, x + halfX * 0.7].filter((end) => !this.isHome(cluster, end, y, near * 1.8)).length;
    return (cover + Math.max(0, foreign - own) * 0.8) / crowd + (own === 0 ? 3 : 0) + ends * 0.9;
  }

  /** Whether a node of the cluster is near a point. */
  private isHome(cluster: Cluster, x: number, y: number, reach: number): boolean {
    for (const node of this.places.within(x - reach, y - reach, x + reach, y + reach)) {
      if (node.cluster === cluster && Math.hypot(node.x - x, node.y - y) < reach) return true;
    }
    return false;
  }

  /** Titles of nodes: of the chosen and its neighbours at once, of the others as one comes closer. */
  private titles(view: View, taken: Area[]): Label[] {
    const { state } = this;
    const size = view.closeness > 5 ? 13 : 12;
    const isSeen = (node: GraphNode) => isNear(node, view) && (!state.lit || state.lit.has(node));
    const chosen = state.node ? [state.node, ...state.node.links.map((link) => link.node)] : [];
    const share = clamp((view.closeness - 1.5) / 2, 0, 1);
    const some = share > 0 ? this.byWeight.filter(isSeen) : [];
    const order = new Set([...chosen, ...some.slice(0, Math.min(400, Math.ceil(some.length * share)))]);
    if (order.size === 0) return [];
    const circles = (some.length > 0 ? some.slice(0, 800) : chosen).map((node) => this.circle(node, view));
    const avoided = [...taken, ...circles];
    const labels: Label[] = [];
    for (const node of order) {
      if (labels.length === MOST_TITLES) break;
      const words = shortened(node.title, 36);
      const width = this.width(words, size, 500) + 10;
      const box = this.beside(node, width, view).find((one) => isInside(one, view) && isFree(one, avoided));
      if (!box) continue;
      avoided.push(box);
      taken.push(box);
      labels.push({ ...box, words, size, weight: node === state.node ? 650 : 500, colour: theme.ink, alpha: 1 });
    }
    return labels;
  }

  private circle(node: GraphNode, view: View): Area {
    const side = this.places.radius(node, view) * 1.3;
    return boxAround(view.toX(node.x), view.toY(node.y), side, side);
  }

  /** Below, above, right and left of a node. */
  private beside(node: GraphNode, width: number, view: View): (Area & { x: number; y: number })[] {
    const radius = this.places.radius(node, view);
    const [away, aside] = [radius + 11, radius + width / 2 + 1];
    const ways = [
      [0, away],
      [0, -away],
      [aside, 0],
      [-aside, 0],
    ] as const;
    return ways.map(([dx, dy]) => boxAround(view.toX(node.x) + dx, view.toY(node.y) + dy, width, 18));
  }

  private width(words: string, size: number, weight: number): number {
    const font = `${weight} ${size}px ${FAMILY}`;
    const known = this.widths.get(font + words);
    if (known !== undefined) return known;
    this.pen.font = font;
    const { width } = this.pen.measureText(words);
    this.widths.set(font + words, width);
    return width;
  }
}

/** Writes names with a halo in the colour of the map. */
export function write(pen: CanvasRenderingContext2D, labels: Label[]): void {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  for (const { words, x, y, size, weight, colour, alpha } of labels) {
    pen.font = `${weight} ${size}px ${FAMILY}`;
    pen.globalAlpha = alpha;
    pen.lineWidth = 4.5;
    pen.strokeStyle = rgba(theme.map, 0.88);
    pen.strokeText(words, x, y);
    pen.fillStyle = rgba(colour);
    pen.fillText(words, x, y);
  }
  pen.globalAlpha = 1;
}

/** The median, so that a stray node does not pull the name out of its cluster. */
function centreOf(cluster: Cluster): [number, number] {
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  return [median(cluster.nodes.map((node) => node.x)), median(cluster.nodes.map((node) => node.y))];
}

function boxAround(x: number, y: number, width: number, height: number): Area & { x: number; y: number } {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2, x, y };
}

const touches = (a: Area, b: Area) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const isFree = (box: Area, taken: Area[]) => !taken.some((other) => touches(box, other));
const isInside = (box: Area, view: View) =>
  box.left > 2 && box.right < view.width - 2 && box.top > 2 && box.bottom < view.height - 2;
const isNear = (node: GraphNode, view: View) => {
  const [x, y] = [view.toX(node.x), view.toY(node.y)];
  return x > -40 && x < view.width + 40 && y > -20 && y < view.height + 20;
};
export const shortened = (words: string, most: number): string =>
  [...words].length > most ? `${[...words].slice(0, most - 1).join("")}…` : words;
