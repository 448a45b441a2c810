// The map: when it is painted, and where it is put.
//
// Where painting is quick it is painted anew in every frame. Where it is slow (ten thousand nodes without a graphics
// processor) it is painted larger than the window and then only moved, and painted again when the view comes to rest
// or leaves what is painted.
import type { Dataset, GraphNode } from "../data";
import { el, isStill, type Life } from "../dom";
import type { State } from "../state";
import { onTheme } from "../theme";
import { Labels } from "./labels";
import { drawOverlay } from "./overlay";
import { NoWebgl, Painter } from "./painter";
import { Places } from "./places";
import { type Aim, type Area, View } from "./view";

/** Milliseconds of a painting that still may be done in every frame. */
const QUICK = 9;
/** A slow map is painted larger by this share of the window, on each side. */
const BEYOND = 0.5;
/** How long nothing must move until a slow map is painted again. */
const REST_MS = 160;
const TURN_MS = 180;
const SHARPEST = 2.5;
/** Above these a map is taken for slow until it was measured. */
const MANY = { nodes: 3000, edges: 9000 };

export class GraphMap {
  readonly stage = el("div", { class: "stage" });
  readonly view: View;
  readonly places: Places;
  readonly labels: Labels;
  /** Whether there is a picture at all. */
  readonly isDrawn: boolean;
  private readonly plate = el("div", { class: "plate" });
  private readonly ground = el("canvas", { class: "ground", "aria-hidden": "true" });
  private readonly over = el("canvas", { class: "over", "aria-hidden": "true" });
  private readonly pen = this.over.getContext("2d") as CanvasRenderingContext2D;
  private painter: Painter | null;
  private painted: View;
  private isQuick: boolean;
  private isMeasured = false;
  private needs = { ground: true, over: true };
  private turn = { start: Number.NEGATIVE_INFINITY };
  private frame = 0;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private hasBeenSeen = false;

  constructor(
    private readonly data: Dataset,
    private readonly state: State,
    /** The rectangle of the map that no panel covers, and what panels cover. */
    free: () => Area,
    private readonly covered: () => Area[],
    life: Life,
  ) {
    this.places = new Places(data);
    this.view = new View(data.nodes, free);
    this.painted = this.view.still();
    this.labels = new Labels(data, this.places, state, this.pen);
    this.painter = this.painterOrNone();
    this.isDrawn = this.painter !== null;
    this.painter?.light(state.lit);
    this.isQuick = data.nodes.length <= MANY.nodes && data.edges.length <= MANY.edges;
    this.plate.append(this.ground, this.over);
    if (this.isDrawn) this.stage.append(this.plate);
    state.onChange((change) => change !== "tab" && this.relight());
    state.onHover(() => this.invalidate("over"));
    onTheme(() => {
      this.painter?.colour();
      this.invalidate("ground");
    }, life);
    this.ground.addEventListener("webglcontextlost", (event) => event.preventDefault(), { signal: life });
    this.ground.addEventListener("webglcontextrestored", () => this.restore(), { signal: life });
    life.addEventListener("abort", () => this.end());
  }

  private painterOrNone(): Painter | null {
    try {
      return new Painter(this.ground, this.data, this.places);
    } catch (problem) {
      if (problem instanceof NoWebgl) return null;
      throw problem;
    }
  }

  private restore(): void {
    this.painter = this.painterOrNone();
    this.painter?.light(this.state.lit);
    this.invalidate("ground");
  }

  private end(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
    this.painter?.end();
  }

  /** Takes the size of the window. */
  resize(): void {
    const { clientWidth, clientHeight } = this.stage;
    Object.assign(this.view, { width: clientWidth, height: clientHeight });
    if (this.view.isFitted || !this.hasBeenSeen) this.view.fit(null);
    this.invalidate("ground");
  }

  fit(): void {
    this.view.fit(this.now());
    this.invalidate("over");
  }

  /** Goes to a place, as a flight unless motion is unwelcome or nothing was seen yet. */
  go(aim: Aim): void {
    this.view.go(aim, this.now());
    this.invalidate("over");
  }

  flyTo(node: GraphNode): void {
    this.go(this.view.centred(node.x, node.y, Math.max(this.view.scale, this.view.fitScale * 2.2)));
  }

  zoom(factor: number, x: number, y: number): void {
    this.view.zoomAt(factor, x, y);
    this.invalidate("move");
  }

  pan(dx: number, dy: number): void {
    this.view.pan(dx, dy);
    this.invalidate("move");
  }

  /** Asks for a frame: `move` puts what is painted where it belongs, the others paint. */
  invalidate(what: "move" | "over" | "ground"): void {
    if (what !== "move") this.needs.over = true;
    if (what === "ground") this.needs.ground = true;
    this.frame ||= requestAnimationFrame((now) => this.draw(now));
  }

  private now(): number | null {
    return isStill() || !this.hasBeenSeen ? null : performance.now();
  }

  private relight(): void {
    if (!this.painter) return;
    this.painter.light(this.state.lit);
    this.turn.start = this.isQuick && !isStill() && this.hasBeenSeen ? performance.now() : Number.NEGATIVE_INFINITY;
    this.invalidate("ground");
  }

  private draw(now: number): void {
    this.frame = 0;
    if (!this.painter || this.view.width === 0) return;
    this.view.advance(now);
    const turn = Math.min(1, Math.max(0, (now - this.turn.start) / TURN_MS));
    const isMoved = !this.view.isAt(this.painted);
    if (this.needs.ground || (isMoved && (this.isQuick || !this.isCovered()))) this.paint(turn);
    if (this.needs.over) this.drawOver();
    this.put();
    this.needs = { ground: turn < 1, over: turn < 1 };
    this.hasBeenSeen = true;
    if (turn < 1 || this.view.isFlying) this.invalidate(turn < 1 ? "ground" : "move");
    else this.scheduleRest();
  }

  private scheduleRest(): void {
    clearTimeout(this.rest);
    if (this.isMeasured && this.view.isAt(this.painted)) return;
    this.rest = setTimeout(() => {
      this.measure();
      if (!this.view.isAt(this.painted)) this.invalidate("ground");
    }, REST_MS);
  }

  /** Finds out whether painting is quick here, once, when nothing else goes on. */
  private measure(): void {
    if (this.isMeasured || !this.painter) return;
    this.isMeasured = true;
    this.painter.finish();
    const start = performance.now();
    this.paint(1);
    this.painter.finish();
    const isQuick = performance.now() - start < QUICK;
    this.invalidate(isQuick === this.isQuick ? "over" : "ground");
    this.isQuick = isQuick;
  }

  private get beyond(): { x: number; y: number } {
    const share = this.isQuick ? 0 : BEYOND;
    return { x: Math.round(this.view.width * share), y: Math.round(this.view.height * share) };
  }

  /** A slow map is painted coarser on sharp screens: four times the pixels cost four times the wait. */
  private get ratio(): number {
    const ratio = Math.min(devicePixelRatio || 1, SHARPEST);
    return this.isQuick ? ratio : Math.min(ratio, 1.5);
  }

  private paint(turn: number): void {
    this.painted = this.view.still();
    this.painter?.paint(this.view, {
      ratio: this.ratio,
      beyond: this.beyond,
      turn,
      isDimmed: this.state.lit !== null,
    });
    this.needs.over = true;
  }

  private drawOver(): void {
    const { ratio, beyond, painted, pen } = this;
    const [width, height] = [painted.width + 2 * beyond.x, painted.height + 2 * beyond.y];
    const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
    if (this.over.width !== size.width || this.over.height !== size.height) Object.assign(this.over, size);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, size.width, size.height);
    pen.setTransform(ratio, 0, 0, ratio, beyond.x * ratio, beyond.y * ratio);
    drawOverlay(pen, painted, this.state, this.places, this.labels.place(painted, this.covered()));
  }

  /** Whether what is painted still fills the window, neither too coarse nor too fine. */
  private isCovered(): boolean {
    const { view, painted, beyond } = this;
    const factor = view.scale / painted.scale;
    if (factor > 2.2 || factor < 0.72) return false;
    const reaches = (shift: number, side: number, more: number) =>
      Math.abs(shift) * view.scale <= (side / 2 + more) * factor - side / 2;
    return reaches(view.x - painted.x, view.width, beyond.x) && reaches(view.y - painted.y, view.height, beyond.y);
  }

  /** Puts the plate where the view wants it. */
  private put(): void {
    const { view, painted, beyond, plate } = this;
    const factor = view.scale / painted.scale;
    const [x, y] = [(painted.x - view.x) * view.scale, (painted.y - view.y) * view.scale];
    plate.style.inset = `${-beyond.y}px ${-beyond.x}px`;
    plate.style.transform = view.isAt(painted) ? "none" : `translate(${x}px, ${y}px) scale(${factor})`;
  }
}
