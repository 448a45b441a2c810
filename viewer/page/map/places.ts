// How large nodes are drawn, and which one is under a point.
import type { Dataset, GraphNode } from "../data";
import { clamp } from "../dom";
import type { View } from "./view";

/** Side of a cell of the index, in units of the map. */
const CELL = 0.08;
/** No circle is larger on the screen. */
const LARGEST = 44;

export class Places {
  /** Radius of every node at a zoom factor of one, in pixels. */
  readonly sizes: Float32Array;
  private readonly cells = new Map<number, GraphNode[]>();

  constructor(data: Dataset) {
    const messages = data.nodes.map((node) => node.messages).sort((a, b) => a - b);
    const many = Math.max(messages[Math.floor(messages.length * 0.97)] ?? 1, 1);
    const density = clamp(Math.sqrt(200 / Math.max(data.nodes.length, 1)), 0.34, 1.2);
    this.sizes = Float32Array.from(
      data.nodes,
      (node) => (3 + 8 * Math.sqrt(Math.min(node.messages / many, 1.6))) * density,
    );
    for (const node of data.nodes) {
      const key = keyOf(Math.floor(node.x / CELL), Math.floor(node.y / CELL));
      const cell = this.cells.get(key);
      if (cell) cell.push(node);
      else this.cells.set(key, [node]);
    }
  }

  /** Grows slower than the plane, and is smaller where the whole map is. */
  static zoomFactor(view: View): number {
    return clamp(view.closeness ** 0.45, 0.6, 3.2) * clamp(view.fitScale / 380, 0.5, 1.15);
  }

  radius(node: GraphNode, view: View): number {
    return Math.min((this.sizes[node.index] as number) * Places.zoomFactor(view), LARGEST);
  }

  /** The nodes in and near a rectangle of the plane. */
  *within(left: number, top: number, right: number, bottom: number): Generator<GraphNode> {
    const column = (at: number) => Math.floor(at / CELL);
    for (let x = column(left); x <= column(right); x++) {
      for (let y = column(top); y <= column(bottom); y++) yield* this.cells.get(keyOf(x, y)) ?? [];
    }
  }

  /** The node under a point of the screen, the nearest where circles overlap. */
  at(x: number, y: number, tolerance: number, view: View): GraphNode | null {
    const reach = (LARGEST + tolerance) / view.scale;
    const [wx, wy] = [view.fromX(x), view.fromY(y)];
    let [best, gap]: [GraphNode | null, number] = [null, tolerance];
    for (const node of this.within(wx - reach, wy - reach, wx + reach, wy + reach)) {
      const away = Math.hypot(view.toX(node.x) - x, view.toY(node.y) - y) - this.radius(node, view);
      if (away < gap) [best, gap] = [node, away];
    }
    return best;
  }
}

const keyOf = (column: number, row: number) => column * 4096 + row;
