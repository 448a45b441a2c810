// The whole map as a picture to show around: PNG as it is painted, SVG as shapes.
import { el } from "../dom";
import { FONT_FAMILY, Labels, write } from "../map/labels";
import { bellRadius } from "../map/land";
import { Painter } from "../map/painter";
import { Places } from "../map/places";
import { View } from "../map/view";
import type { Show } from "../show";
import { hex, mix, rgba, theme } from "../theme";
import { escaped } from "./tables";

/** Pixels of the picture before it is sharpened. */
const SIZE = { width: 1200, height: 750 };
const SHARPNESS = 2.5;
const FOOT = 22;
/** Where the picture says what it is. */
const FOOT_AREA = { left: 0, right: 420, top: SIZE.height - 2 * FOOT, bottom: SIZE.height };

/** The view of everything, and the names on it. */
function scene(show: Show) {
  const { data, state } = show;
  const places = new Places(data);
  const area = { left: 0, top: 0, right: SIZE.width, bottom: SIZE.height };
  const view = new View(data.nodes, () => area);
  Object.assign(view, SIZE);
  view.fit(null);
  const canvas = el("canvas");
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  const labels = new Labels(data, places, state, pen).place(view, [FOOT_AREA]);
  return { places, view, canvas, pen, labels };
}

const footWords = ({ data, text }: Show) =>
  `GraphNode · ${text.nodes(data.nodes.length)} · ${text.topicCount(data.clusters.length)}`;

export async function png(show: Show): Promise<Blob> {
  const { places, view, canvas, pen, labels } = scene(show);
  const painter = new Painter(el("canvas"), show.data, places);
  painter.light(show.state.lit);
  painter.paint(view, { ratio: SHARPNESS, beyond: { x: 0, y: 0 }, turn: 1, isDimmed: show.state.lit !== null });
  Object.assign(canvas, { width: SIZE.width * SHARPNESS, height: SIZE.height * SHARPNESS });
  pen.drawImage(painter.canvas, 0, 0);
  painter.end();
  pen.scale(SHARPNESS, SHARPNESS);
  write(pen, labels);
  pen.font = `500 15px ${FONT_FAMILY}`;
  pen.textAlign = "left";
  pen.fillStyle = rgba(mix(theme.ink, theme.map, 0.35));
  pen.fillText(footWords(show), FOOT, SIZE.height - FOOT);
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("PNG"))), "image/png"),
  );
}

export function svgText(show: Show): string {
  const { data, state } = show;
  const { places, view, labels } = scene(show);
  const at = (value: number) => value.toFixed(1);
  const [x, y] = [(value: number) => at(view.toX(value)), (value: number) => at(view.toY(value))];
  const dim = (isLit: boolean) => (isLit ? "" : ' opacity="0.15"');
  const reach = 0.72 * bellRadius(data.nodes.length) * view.scale;
  const land = data.clusters.map((cluster) => {
    const circles = cluster.nodes
      .map((node) => `<circle cx="${x(node.x)}" cy="${y(node.y)}" r="${at(reach)}"/>`)
      .join("");
    return `<g fill="${hex(theme.of(cluster))}" opacity="0.16" filter="url(#soft)">${circles}</g>`;
  });
  const edges = data.edges.map(({ source: a, target: b, isHigh }) => {
    const cluster = a.cluster === b.cluster ? a.cluster : null;
    const [x1, y1, x2, y2] = [view.toX(a.x), view.toY(a.y), view.toX(b.x), view.toY(b.y)];
    const middle = `${at((x1 + x2) / 2 - (y2 - y1) * 0.1)} ${at((y1 + y2) / 2 + (x2 - x1) * 0.1)}`;
    const colour = hex(cluster ? theme.of(cluster) : theme.line);
    const isLit = !state.lit || (state.lit.has(a) && state.lit.has(b));
    return `<path d="M${at(x1)} ${at(y1)}Q${middle} ${at(x2)} ${at(y2)}" stroke="${colour}" stroke-opacity="${isHigh ? 0.4 : 0.2}"${dim(isLit)}/>`;
  });
  const nodes = data.nodes.map((node) => {
    const isLit = !state.lit || state.lit.has(node);
    const fill = hex(theme.of(node.cluster));
    return `<circle cx="${x(node.x)}" cy="${y(node.y)}" r="${at(places.radius(node, view))}" fill="${fill}"${dim(isLit)}><title>${escaped(node.title)}</title></circle>`;
  });
  const names = labels.map(
    ({ words, x, y, size, weight, colour, alpha }) =>
      `<text x="${at(x)}" y="${at(y)}" font-size="${size}" font-weight="${weight}" fill="${hex(colour)}"${alpha < 1 ? ` opacity="${alpha}"` : ""}>${escaped(words)}</text>`,
  );
  const { width, height } = SIZE;
  const map = hex(theme.map);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    '<defs><filter id="soft" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="9"/></filter></defs>',
    `<rect width="${width}" height="${height}" fill="${map}"/>`,
    ...land,
    `<g fill="none" stroke-width="1">${edges.join("")}</g>`,
    `<g stroke="${map}" stroke-width="1.1">${nodes.join("")}</g>`,
    `<g font-family="${escaped(FONT_FAMILY)}" text-anchor="middle" dominant-baseline="central" paint-order="stroke" stroke="${map}" stroke-width="4.5" stroke-linejoin="round">${names.join("")}</g>`,
    `<text x="${FOOT}" y="${height - FOOT}" font-family="${escaped(FONT_FAMILY)}" font-size="15" fill="${hex(mix(theme.ink, theme.map, 0.35))}">${escaped(footWords(show))}</text>`,
    "</svg>",
    "",
  ].join("\n");
}
