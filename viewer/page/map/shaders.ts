// What the graphics processor runs. Colours are not premultiplied; the blending does it.

/** From the plane to the clip space of a canvas of `size` pixels. */
const PLACE = `
uniform vec3 view;   // middle of the canvas in the plane, pixels a unit
uniform vec2 size;   // of the canvas, in pixels
vec2 onScreen(vec2 at) { return (at - view.xy) * view.z; }
vec4 inClip(vec2 pixels) { return vec4(pixels / size * vec2(2.0, -2.0), 0.0, 1.0); }
`;

/** How much of a thing is seen while what stands out changes: from what it was to what it becomes. */
const LIGHT = `
uniform float turn;
float seen(vec2 lit, float dim) { return mix(dim, 1.0, mix(lit.x, lit.y, turn)); }
`;

export const LAND_VERTEX = `#version 300 es
${PLACE}
uniform float reach;
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  at = corner;
  gl_Position = inClip(onScreen((corner * 2.0 - 1.0) * reach));
}`;

/** Land rises from the coast inwards; the coast itself is a thin line, as on a map. */
export const LAND_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D land;
uniform float strength;
uniform float coast;
in vec2 at;
out vec4 colour;
void main() {
  vec4 cell = texture(land, at);
  float field = cell.a * 2.4;
  float high = smoothstep(0.10, 0.34, field) * 0.5 + smoothstep(0.34, 2.2, field) * 0.5;
  float line = 1.0 - smoothstep(0.0, 1.6, abs(field - 0.2) / max(fwidth(field), 1e-4));
  colour = vec4(cell.rgb, min(high * strength + line * coast, 1.0));
}`;

/** A strip along a bow from end to end, two vertices a step. */
export const EDGE_VERTEX = `#version 300 es
${PLACE}${LIGHT}
uniform float steps;
uniform float bend;
uniform float ratio;
uniform float dim;
in vec4 ends;
in vec4 paint;
in vec2 lit;
in float width;
out vec4 tint;
out float aside;
out float halfWidth;
void main() {
  vec2 from = onScreen(ends.xy), to = onScreen(ends.zw), way = to - from;
  vec2 middle = (from + to) * 0.5 + vec2(-way.y, way.x) * bend;
  float t = float(gl_VertexID >> 1) / steps;
  vec2 along = mix(middle - from, to - middle, t);
  vec2 across = vec2(-along.y, along.x) / max(length(along), 1e-3);
  float side = float(gl_VertexID & 1) * 2.0 - 1.0;
  halfWidth = width * ratio * 0.5;
  aside = side * (halfWidth + 1.0);
  tint = vec4(paint.rgb, paint.a * seen(lit, dim));
  gl_Position = inClip(mix(mix(from, middle, t), mix(middle, to, t), t) + across * aside);
}`;

/** The same for crowds: straight lines of one pixel, a twentieth of the work where there is no graphics processor. */
export const LINE_VERTEX = `#version 300 es
${PLACE}${LIGHT}
uniform float dim;
in vec2 at;
in vec4 paint;
in vec2 lit;
out vec4 tint;
void main() {
  tint = vec4(paint.rgb, paint.a * seen(lit, dim));
  gl_Position = inClip(onScreen(at));
}`;

export const LINE_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 tint;
out vec4 colour;
void main() { colour = tint; }`;

export const EDGE_FRAGMENT = `#version 300 es
precision highp float;
in vec4 tint;
in float aside;
in float halfWidth;
out vec4 colour;
void main() { colour = vec4(tint.rgb, tint.a * clamp(halfWidth + 0.5 - abs(aside), 0.0, 1.0)); }`;

export const NODE_VERTEX = `#version 300 es
${PLACE}${LIGHT}
uniform float ratio;
uniform float factor;
uniform float ring;
uniform float largest;
in vec2 at;
in float radius;
in vec3 paint;
in vec2 lit;
out vec4 tint;
out float outer;
void main() {
  outer = (min(radius * factor, largest) + ring) * ratio;
  tint = vec4(paint, seen(lit, 0.13));
  gl_PointSize = 2.0 * outer + 2.0;
  gl_Position = inClip(onScreen(at));
}`;

/** A disc with a thin ring in the colour of the map, which keeps neighbours apart. */
export const NODE_FRAGMENT = `#version 300 es
precision highp float;
uniform vec3 map;
uniform float ring;
uniform float ratio;
in vec4 tint;
in float outer;
out vec4 colour;
void main() {
  float away = length(gl_PointCoord - 0.5) * (2.0 * outer + 2.0);
  float inside = clamp(outer - ring * ratio + 0.5 - away, 0.0, 1.0);
  colour = vec4(mix(map, tint.rgb, inside), tint.a * clamp(outer + 0.5 - away, 0.0, 1.0));
}`;
