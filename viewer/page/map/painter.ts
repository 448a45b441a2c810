// Paints land, edges and nodes with WebGL 2: three programs, one call each.
import type { Dataset, GraphNode } from "../data";
import { type Colour, theme } from "../theme";
import { type EdgeLayer, edgeLayer } from "./edges";
import { CELLS, landOf, REACH } from "./land";
import { Places } from "./places";
import { Light, Program } from "./program";
import * as shaders from "./shaders";
import type { View } from "./view";

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
  private readonly edges: EdgeLayer;
  private readonly nodes: Program;
  private readonly nodeLight: Light;
  private readonly order: GraphNode[];

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
    this.land = new Program(gl, shaders.LAND_VERTEX, shaders.LAND_FRAGMENT);
    this.edges = edgeLayer(gl, data.edges);
    this.nodes = new Program(gl, shaders.NODE_VERTEX, shaders.NODE_FRAGMENT);
    // The largest first, so that small ones lie on top.
    const order = [...data.nodes].sort((a, b) => (places.sizes[b.index] as number) - (places.sizes[a.index] as number));
    this.nodes.floats("at", 2, Float32Array.from(order.flatMap((node) => [node.x, node.y])), 0);
    this.nodes.floats(
      "radius",
      1,
      Float32Array.from(order, (node) => places.sizes[node.index] as number),
      0,
    );
    this.nodeLight = new Light(this.nodes, order.length, (lit, at) => lit.has(order[at] as GraphNode), 0);
    this.order = order;
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    this.light(null);
    this.colour();
  }

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
    this.edges.colour();
  }

  /** Says what stands out from now on, null for all. */
  light(lit: Set<GraphNode> | null): void {
    this.nodeLight.turnTo(lit);
    this.edges.light(lit);
  }

  /** Paints what `view` sees and what lies `beyond`. */
  paint(view: View, look: Look): void {
    const { gl, canvas } = this;
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
    // Close up the land is all there is behind the titles: it steps back.
    const near = Math.max(0.4, Math.min(1, 1.25 - Math.log2(Math.max(view.closeness, 1)) * 0.2));
    const strength = (theme.isDark ? 0.2 : 0.22) * (look.isDimmed ? 0.55 : 1) * near;
    this.land.use({ ...shared, reach: [REACH], strength: [strength], coast: [far * (theme.isDark ? 0.3 : 0.34)] });
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    this.edges.draw({ ...shared, dim: [0.12] });
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

const unit = (colour: Colour) => colour.map((value) => value / 255);
