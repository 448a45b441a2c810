// Programs of the graphics processor with their attributes.
import type { GraphNode } from "../data";

/** Whether each of many things stands out: as it was, and as it becomes. */
export class Light {
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

/** Values of uniforms by name. */
export type Uniforms = Record<string, number[]>;

/** A program with its attributes. */
export class Program {
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
  use(values: Uniforms): void {
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
