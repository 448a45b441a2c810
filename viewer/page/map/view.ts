// The part of the plane that is seen, and how it moves.
import type { GraphNode } from "../data";
import { clamp } from "../dom";

/** A place to look at: the point in the middle of the map, and pixels a unit. */
export interface Aim {
  x: number;
  y: number;
  scale: number;
}

/** A rectangle of the screen. */
export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const FLIGHT_MS = 650;

export class View implements Aim {
  x = 0;
  y = 0;
  scale = 300;
  /** The scale at which everything is seen. */
  fitScale = 300;
  width = 0;
  height = 0;
  isFitted = false;
  private flight: { from: Aim; to: Aim; start: number } | null = null;

  /** `free` tells the rectangle that no panel covers. */
  constructor(
    private readonly nodes: GraphNode[],
    private readonly free: () => Area,
  ) {}

  toX(x: number): number {
    return (x - this.x) * this.scale + this.width / 2;
  }
  toY(y: number): number {
    return (y - this.y) * this.scale + this.height / 2;
  }
  fromX(x: number): number {
    return (x - this.width / 2) / this.scale + this.x;
  }
  fromY(y: number): number {
    return (y - this.height / 2) / this.scale + this.y;
  }

  /** A copy that stays as it is. */
  still(): View {
    return Object.assign(new View(this.nodes, this.free), this, { flight: null });
  }

  isAt(other: Aim): boolean {
    return this.x === other.x && this.y === other.y && this.scale === other.scale;
  }

  /** How much closer than the fit. */
  get closeness(): number {
    return this.scale / this.fitScale;
  }

  get isFlying(): boolean {
    return this.flight !== null;
  }

  /** The place that shows the box of `some` nodes in the free area, no closer than `closest` times the fit. */
  around(some: GraphNode[], closest: number, least = 0.02): Aim {
    const box = boxOf(some);
    const area = this.free();
    const [width, height] = [area.right - area.left, area.bottom - area.top];
    const margin = clamp(Math.min(width, height) * 0.09, 24, 76);
    const scale = Math.min(
      (width - margin * 2) / Math.max(box.right - box.left, least),
      (height - margin * 2) / Math.max(box.bottom - box.top, least),
      closest * this.fitScale,
    );
    return this.centred((box.left + box.right) / 2, (box.top + box.bottom) / 2, Math.max(scale, 20));
  }

  /** The place of `scale` with a point in the middle of the free area. */
  centred(x: number, y: number, scale: number): Aim {
    const area = this.free();
    const [aside, above] = [(area.left + area.right - this.width) / 2, (area.top + area.bottom - this.height) / 2];
    return { x: x - aside / scale, y: y - above / scale, scale };
  }

  fit(now: number | null): void {
    const to = this.around(this.nodes, Infinity, 0.8);
    this.fitScale = to.scale;
    this.go(to, now);
    this.isFitted = true;
  }

  /** Goes to a place: at once, or by a flight that begins `now`. */
  go(to: Aim, now: number | null): void {
    this.isFitted = false;
    this.flight = now === null ? null : { from: { x: this.x, y: this.y, scale: this.scale }, to, start: now };
    if (now === null) Object.assign(this, to);
  }

  /** One step of a flight. */
  advance(now: number): void {
    if (!this.flight) return;
    const { from, to, start } = this.flight;
    const time = clamp((now - start) / FLIGHT_MS, 0, 1);
    const eased = 1 - (1 - time) ** 3;
    this.scale = from.scale * (to.scale / from.scale) ** eased;
    // Moves with the change of scale, so that the way looks straight on the screen.
    const ratio = to.scale / from.scale;
    const share = Math.abs(ratio - 1) < 1e-3 ? eased : (1 - from.scale / this.scale) / (1 - 1 / ratio);
    this.x = from.x + (to.x - from.x) * share;
    this.y = from.y + (to.y - from.y) * share;
    if (time === 1) this.flight = null;
  }

  limited(scale: number): number {
    return clamp(scale, this.fitScale * 0.4, this.fitScale * 40);
  }

  /** Zooms and keeps the point under (`x`, `y`) where it is. */
  zoomAt(factor: number, x: number, y: number): void {
    this.stop();
    const scale = this.limited(this.scale * factor);
    this.x = this.fromX(x) - (x - this.width / 2) / scale;
    this.y = this.fromY(y) - (y - this.height / 2) / scale;
    this.scale = scale;
  }

  pan(dx: number, dy: number): void {
    this.stop();
    this.x = clamp(this.x - dx / this.scale, -2, 2);
    this.y = clamp(this.y - dy / this.scale, -2, 2);
  }

  /** The place `factor` closer, its middle where it is. */
  zoomed(factor: number): Aim {
    const area = this.free();
    const [x, y] = [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
    return this.centred(this.fromX(x), this.fromY(y), this.limited((this.flight?.to.scale ?? this.scale) * factor));
  }

  private stop(): void {
    this.flight = null;
    this.isFitted = false;
  }
}

function boxOf(some: GraphNode[]): Area {
  if (some.length === 0) return { left: -1, top: -1, right: 1, bottom: 1 };
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y } of some) {
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
}
