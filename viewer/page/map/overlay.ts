// What lies over the painted map: the edges of what one points at, rings, names.
import type { GraphNode, Link } from "../data";
import type { State } from "../state";
import { mix, rgba, theme } from "../theme";
import { type Label, write } from "./labels";
import type { Places } from "./places";
import type { View } from "./view";

/** Draws on a pen whose origin is the view's upper left corner. */
export function drawOverlay(
  pen: CanvasRenderingContext2D,
  view: View,
  state: State,
  places: Places,
  labels: Label[],
): void {
  const focus = state.hovered ?? state.node;
  if (focus) {
    drawLinks(pen, view, focus);
    for (const { node } of focus.links) disc(pen, view, places, node);
  }
  ring(pen, view, places, state.node, 4.5, 2.5);
  ring(pen, view, places, state.hovered, 3, 2);
  write(pen, labels);
}

function drawLinks(pen: CanvasRenderingContext2D, view: View, focus: GraphNode): void {
  pen.strokeStyle = rgba(mix(theme.of(focus.cluster), theme.ink, 0.12));
  for (const [isHigh, width, alpha] of [
    [false, 1.4, 0.6],
    [true, 2.3, 0.95],
  ] as const) {
    pen.beginPath();
    for (const link of focus.links) if (link.edge.isHigh === isHigh) bow(pen, view, link);
    pen.lineWidth = width;
    pen.globalAlpha = alpha;
    pen.stroke();
  }
  pen.globalAlpha = 1;
}

/** The same bow as the painted edge. */
function bow(pen: CanvasRenderingContext2D, view: View, { edge }: Link): void {
  const [x1, y1] = [view.toX(edge.source.x), view.toY(edge.source.y)];
  const [x2, y2] = [view.toX(edge.target.x), view.toY(edge.target.y)];
  pen.moveTo(x1, y1);
  pen.quadraticCurveTo((x1 + x2) / 2 - (y2 - y1) * 0.1, (y1 + y2) / 2 + (x2 - x1) * 0.1, x2, y2);
}

function disc(pen: CanvasRenderingContext2D, view: View, places: Places, node: GraphNode): void {
  circle(pen, view, node, places.radius(node, view));
  pen.fillStyle = rgba(theme.of(node.cluster));
  pen.fill();
  pen.strokeStyle = rgba(theme.map);
  pen.lineWidth = 1.2;
  pen.stroke();
}

function ring(
  pen: CanvasRenderingContext2D,
  view: View,
  places: Places,
  node: GraphNode | null,
  gap: number,
  width: number,
): void {
  if (!node) return;
  disc(pen, view, places, node);
  circle(pen, view, node, places.radius(node, view) + gap);
  pen.strokeStyle = rgba(mix(theme.of(node.cluster), theme.ink, 0.5));
  pen.lineWidth = width;
  pen.stroke();
}

function circle(pen: CanvasRenderingContext2D, view: View, node: GraphNode, radius: number): void {
  pen.beginPath();
  pen.arc(view.toX(node.x), view.toY(node.y), radius, 0, Math.PI * 2);
}
