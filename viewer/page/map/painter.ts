// Paints land, edges and nodes with WebGL 2: three programs, one call each.
import type { Dataset, GraphNode } from "../data";
import { type Colour, mix, theme } from "../theme";
import { CELLS, landOf, REACH } from "./land";
import { Places } from "./places";
import * as shaders from "./shaders";
import type { View } from "./view";

/** Graphs with more edges than this get straight ones: bows cost ten times the triangles. */
const CURVED_UP_TO = 4000;
const CURVE_STEPS = 10;
const BEND = 0.1;
/** No circle is larger, in pixels. */
const LARGEST = 44;
const RING = 1.1;

/** How one picture is painted. */
export interface Look {
  /** Pixels of the canvas for one of the page. */
  ratio: number;
  /** Pixels of the page that the canvas shows beyond the view, on each side. */
  beyond: { x: number; y: number };
  /** From what stood out (0) to what stands out (1). */
  turn: number;
  /** Whether only some stand out. */
  isDimmed: boolean;
}

/** The graphics processor is not there, or not for us. */
export class NoWebgl extends Error {}

export class Painter {
  private readonly gl: WebGL2RenderingContext;
  private readonly land: Program;
  private readonly edges: Program;
  private readonly nodes: Program;
  private readonly nodeLight: Light;
  private readonly edgeLight: Light;
  private readonly steps: number;

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly data: Dataset,
    places: Places,
  ) {
    const gl = canvas.getContext("webgl2", {
      alpha: false,
      antialias: false,
      depth: false,
      powerPreference: "high-performance",
    });
    if (!gl) throw new NoWebgl();
    this.gl = gl;
    const { nodes, edges } = data;
    this.steps = edges.length <= CURVED_UP_TO ? CURVE_STEPS : 1;
    this.land = new Program(gl, shaders.LAND_VERTEX, shaders.LAND_FRAGMENT);
    this.edges = new Program(gl, shaders.EDGE_VERTEX, shaders.EDGE_FRAGMENT);
    this.nodes = new Program(gl, shaders.NODE_VERTEX, shaders.NODE_FRAGMENT);
    this.edges.floats(
      "ends",
      4,
      Float32Array.from(edges.flatMap(({ source: a, target: b }) => [a.x, a.y, b.x, b.y])),
      1,
    );
    this.edges.floats(
      "width",
      1,
      Float32Array.from(edges, (edge) => (edge.isHigh ? 1.1 : 0.8)),
      1,
    );
    // The largest first, so that small ones lie on top.
    const order = [...nodes].sort((a, b) => (places.sizes[b.index] as number) - (places.sizes[a.index] as number));
    this.nodes.floats("at", 2, Float32Array.from(order.flatMap((node) => [node.x, node.y])), 0);
    this.nodes.floats(
      "radius",
      1,
      Float32Array.from(order, (node) => places.sizes[node.index] as number),
      0,
    );
    this.nodeLight = new Light(this.nodes, order.length, (lit, at) => lit.has(order[at] as GraphNode), 0);
    this.edgeLight = new Light(this.edges, edges.length, (lit, at) => bothIn(lit, edges[at] as Ends), 1);
    this.order = order;
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    this.light(null);
    this.colour();
  }

  private readonly order: GraphNode[];

  /** Takes the colours of the theme. */
  colour(): void {
    const { gl, data } = this;
    const picture = new ImageData(landOf(data), CELLS, CELLS);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.land.texture());
    gl.texImage2D(
      gl.TEXTURE_2D,
      0,
      gl.RGBA,
      CELLS,
      CELLS,
      0,
      gl.RGBA,
      gl.UNSIGNED_BYTE,
      new Uint8Array(picture.data.buffer),
    );
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const size of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, size, gl.LINEAR);
    this.nodes.bytes("paint", 3, Uint8Array.from(this.order.flatMap((node) => theme.of(node.cluster))), 0);
    // Quiet, and quieter where there are many.
    const crowd = Math.min(1.1, Math.max(0.24, Math.sqrt(900 / Math.max(data.edges.length, 1))));
    const paint = new Uint8Array(data.edges.length * 4);
    data.edges.forEach((edge, at) => {
      const cluster = edge.source.cluster === edge.target.cluster ? edge.source.cluster : null;
      const alpha = (edge.isHigh ? 0.42 : 0.2) * (cluster ? 1 : 0.7) * crowd;
      paint.set(
        [...(cluster ? mix(theme.of(cluster), theme.line, 0.2) : theme.line), Math.max(8, alpha * 255)],
        at * 4,
      );
    });
    this.edges.bytes("paint", 4, paint, 1);
  }

  /** Says what stands out from now on, null for all. */
  light(lit: Set<GraphNode> | null): void {
    this.nodeLight.turnTo(lit);
    this.edgeLight.turnTo(lit);
  }

  /** Paints what `view` sees and what lies `beyond`. */
  paint(view: View, look: Look): void {
    const { gl, canvas, data } = this;
    const { ratio, turn } = look;
    const size: [number, number] = [view.width + 2 * look.beyond.x, view.height + 2 * look.beyond.y];
    const [width, height] = [Math.round(size[0] * ratio), Math.round(size[1] * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    gl.viewport(0, 0, width, height);
    gl.clearColor(theme.map[0] / 255, theme.map[1] / 255, theme.map[2] / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const shared = { view: [view.x, view.y, view.scale * ratio], size: [width, height], turn: [turn], ratio: [ratio] };
    // The coast is a line where all is seen, and gone before the picture's cells are.
    const far = Math.max(0, Math.min(1, 1.6 - view.closeness * 0.18));
    const strength = (theme.isDark ? 0.2 : 0.22) * (look.isDimmed ? 0.55 : 1);
    this.land.use({ ...shared, reach: [REACH], strength: [strength], coast: [far * (theme.isDark ? 0.3 : 0.34)] });
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    if (data.edges.length > 0) {
      const bend = this.steps > 1 ? BEND : 0;
      this.edges.use({ ...shared, steps: [this.steps], bend: [bend], dim: [0.12] });
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 2 * (this.steps + 1), data.edges.length);
    }
    const ring = this.order.length > 2500 ? RING * 0.55 : RING;
    this.nodes.use({
      ...shared,
      factor: [Places.zoomFactor(view)],
      ring: [ring],
      largest: [LARGEST],
      map: unit(theme.map),
    });
    gl.drawArrays(gl.POINTS, 0, this.order.length);
  }

  /** Waits until all is painted. */
  finish(): void {
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  /** Gives back what the graphics processor holds. */
  end(): void {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

interface Ends {
  source: GraphNode;
  target: GraphNode;
}

const bothIn = (lit: Set<GraphNode>, { source, target }: Ends) => lit.has(source) && lit.has(target);
const unit = (colour: Colour) => colour.map((value) => value / 255);

/** Whether each of many things stands out: as it was, and as it becomes. */
class Light {
  private readonly pairs: Uint8Array;

  constructor(
    private readonly program: Program,
    count: number,
    private readonly isIn: (lit: Set<GraphNode>, at: number) => boolean,
    private readonly divisor: number,
  ) {
    this.pairs = new Uint8Array(count * 2).fill(255);
  }

  turnTo(lit: Set<GraphNode> | null): void {
    for (let at = 0; at < this.pairs.length / 2; at++) {
      this.pairs[at * 2] = this.pairs[at * 2 + 1] as number;
      this.pairs[at * 2 + 1] = !lit || this.isIn(lit, at) ? 255 : 0;
    }
    this.program.bytes("lit", 2, this.pairs, this.divisor);
  }
}

/** A program with its attributes. */
class Program {
  private readonly program: WebGLProgram;
  private readonly array: WebGLVertexArrayObject;
  private readonly buffers = new Map<string, WebGLBuffer>();
  private readonly uniforms = new Map<string, WebGLUniformLocation | null>();
  private picture: WebGLTexture | null = null;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    vertex: string,
    fragment: string,
  ) {
    this.program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(kind) as WebGLShader;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
    }
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(gl.getProgramInfoLog(this.program) ?? "the shaders do not link");
    }
    this.array = gl.createVertexArray();
  }

  texture(): WebGLTexture {
    this.picture ??= this.gl.createTexture();
    return this.picture;
  }

  floats(name: string, width: number, values: Float32Array, divisor: number): void {
    this.attribute(name, width, values, this.gl.FLOAT, divisor);
  }

  /** 0 to 255, for the shader 0 to 1. */
  bytes(name: string, width: number, values: Uint8Array, divisor: number): void {
    this.attribute(name, width, values, this.gl.UNSIGNED_BYTE, divisor);
  }

  private attribute(name: string, width: number, values: ArrayBufferView, kind: number, divisor: number): void {
    const { gl } = this;
    gl.bindVertexArray(this.array);
    const buffer = this.buffers.get(name) ?? gl.createBuffer();
    this.buffers.set(name, buffer);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    const place = gl.getAttribLocation(this.program, name);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, width, kind, kind === gl.UNSIGNED_BYTE, 0, 0);
    gl.vertexAttribDivisor(place, divisor);
  }

  /** Makes it the one that draws, with these uniforms; it ignores those it has not. */
  use(values: Record<string, number[]>): void {
    const { gl } = this;
    gl.useProgram(this.program);
    gl.bindVertexArray(this.array);
    if (this.picture) gl.bindTexture(gl.TEXTURE_2D, this.picture);
    for (const [name, value] of Object.entries(values)) {
      if (!this.uniforms.has(name)) this.uniforms.set(name, gl.getUniformLocation(this.program, name));
      const place = this.uniforms.get(name) ?? null;
      if (place === null) continue;
      if (value.length === 1) gl.uniform1fv(place, value);
      else if (value.length === 2) gl.uniform2fv(place, value);
      else gl.uniform3fv(place, value);
    }
  }
}
