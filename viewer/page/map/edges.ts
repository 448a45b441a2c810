// Edges: bows where there are few, plain lines where there are crowds.
import type { Cluster, Edge, GraphNode } from "../data";
import { type Colour, mix, theme } from "../theme";
import { Light, Program, type Uniforms } from "./program";
import * as shaders from "./shaders";

/** Graphs with more edges than this get lines: a bow costs twenty times the work. */
const CURVED_UP_TO = 4000;
const CURVE_STEPS = 10;
const BEND = 0.1;

/** All edges of a graph, ready to be drawn. */
export interface EdgeLayer {
  /** Takes the colours of the theme. */
  colour(): void;
  /** Says what stands out from now on, null for all. */
  light(lit: Set<GraphNode> | null): void;
  draw(uniforms: Uniforms): void;
}

export const edgeLayer = (gl: WebGL2RenderingContext, edges: Edge[]): EdgeLayer =>
  edges.length <= CURVED_UP_TO ? new Bows(gl, edges) : new Lines(gl, edges);

/** Strips along a bow, an instance each. */
class Bows implements EdgeLayer {
  private readonly program: Program;
  private readonly lights: Light;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly edges: Edge[],
  ) {
    this.program = new Program(gl, shaders.EDGE_VERTEX, shaders.EDGE_FRAGMENT);
    const widths = edges.map((edge) => (edge.isHigh ? 1.1 : 0.8));
    this.program.floats("ends", 4, endsOf(edges), 1);
    this.program.floats("width", 1, Float32Array.from(widths), 1);
    this.lights = new Light(this.program, edges.length, (lit, at) => isIn(lit, edges[at]), 1);
  }

  colour(): void {
    this.program.bytes("paint", 4, paints(this.edges, 1), 1);
  }

  light(lit: Set<GraphNode> | null): void {
    this.lights.turnTo(lit);
  }

  draw(uniforms: Uniforms): void {
    if (this.edges.length === 0) return;
    this.program.use({ ...uniforms, steps: [CURVE_STEPS], bend: [BEND] });
    this.gl.drawArraysInstanced(this.gl.TRIANGLE_STRIP, 0, 2 * (CURVE_STEPS + 1), this.edges.length);
  }
}

/** Lines of one pixel, two vertices each. */
class Lines implements EdgeLayer {
  private readonly program: Program;
  private readonly lights: Light;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly edges: Edge[],
  ) {
    this.program = new Program(gl, shaders.LINE_VERTEX, shaders.LINE_FRAGMENT);
    this.program.floats("at", 2, endsOf(edges), 0);
    this.lights = new Light(this.program, edges.length * 2, (lit, at) => isIn(lit, edges[at >> 1]), 0);
  }

  colour(): void {
    this.program.bytes("paint", 4, paints(this.edges, 2), 0);
  }

  light(lit: Set<GraphNode> | null): void {
    this.lights.turnTo(lit);
  }

  draw(uniforms: Uniforms): void {
    this.program.use(uniforms);
    this.gl.drawArrays(this.gl.LINES, 0, this.edges.length * 2);
  }
}

const isIn = (lit: Set<GraphNode>, edge: Edge | undefined) =>
  edge !== undefined && lit.has(edge.source) && lit.has(edge.target);

// Both fill arrays in place: a graph of fifty thousand edges waits for them before it is seen.
function endsOf(edges: Edge[]): Float32Array {
  const ends = new Float32Array(edges.length * 4);
  let at = 0;
  for (const { source, target } of edges) {
    ends[at++] = source.x;
    ends[at++] = source.y;
    ends[at++] = target.x;
    ends[at++] = target.y;
  }
  return ends;
}

/** Quiet, and quieter where there are many; `times` for each of an edge's vertices. */
function paints(edges: Edge[], times: number): Uint8Array {
  const crowd = Math.min(1.1, Math.max(0.24, Math.sqrt(900 / Math.max(edges.length, 1))));
  const within = new Map<Cluster, Colour>();
  const paint = new Uint8Array(edges.length * 4 * times);
  let at = 0;
  for (const { source, target, isHigh } of edges) {
    const cluster = source.cluster === target.cluster ? source.cluster : null;
    const colour = cluster ? (within.get(cluster) ?? mix(theme.of(cluster), theme.line, 0.2)) : theme.line;
    if (cluster) within.set(cluster, colour);
    const alpha = Math.max(8, Math.round((isHigh ? 0.42 : 0.2) * (cluster ? 1 : 0.7) * crowd * 255));
    for (let time = 0; time < times; time++) {
      paint.set(colour, at);
      paint[at + 3] = alpha;
      at += 4;
    }
  }
  return paint;
}
