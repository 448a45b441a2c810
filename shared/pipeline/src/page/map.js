
// The picture: glow, edges, nodes, names; drawn only when something changed.
const context = canvas.getContext("2d");
const CURVED_UP_TO = 2500;
const CELL = 0.08;
const edgeGroups = new Map();
const cells = new Map();
const paintOrder = [];
let frame = 0;

function prepareMap() {
  const messages = nodes.map((node) => node.messages).sort((a, b) => a - b);
  const many = Math.max(messages[Math.floor(messages.length * 0.97)] ?? 1, 1);
  const density = clamp(Math.sqrt(220 / Math.max(nodes.length, 1)), 0.42, 1.2);
  for (const node of nodes) {
    node.size = (3.6 + 8.4 * Math.sqrt(Math.min(node.messages / many, 1.6))) * density;
    node.alpha = 1;
    const key = cellKey(Math.floor(node.x / CELL), Math.floor(node.y / CELL));
    cells.set(key, [...(cells.get(key) ?? []), node]);
  }
  paintOrder.push(...[...nodes].sort((a, b) => b.size - a.size));
  for (const edge of edges) {
    const key = `${edge.cluster?.index ?? "between"} ${edge.high}`;
    if (!edgeGroups.has(key)) edgeGroups.set(key, { cluster: edge.cluster, high: edge.high, edges: [] });
    edgeGroups.get(key).edges.push(edge);
  }
}

const cellKey = (column, row) => column * 4096 + row;
// Grows slower than the plane, and is smaller where the whole map is.
const zoomFactor = () => clamp((view.scale / view.fitScale) ** 0.45, 0.6, 3.2) * clamp(view.fitScale / 380, 0.5, 1.15);
const radiusOf = (node) => node.size * zoomFactor();

// The node under a point of the screen, the nearest where circles overlap.
function nodeAt(x, y, tolerance) {
  const reach = (40 + tolerance) / view.scale;
  const [wx, wy] = [toWorldX(x), toWorldY(y)];
  const range = (at) => [Math.floor((at - reach) / CELL), Math.floor((at + reach) / CELL)];
  const [[left, right], [top, bottom]] = [range(wx), range(wy)];
  let best = null;
  let bestGap = tolerance;
  for (let column = left; column <= right; column++) {
    for (let row = top; row <= bottom; row++) {
      for (const node of cells.get(cellKey(column, row)) ?? []) {
        const gap = Math.hypot(toScreenX(node.x) - x, toScreenY(node.y) - y) - radiusOf(node);
        if (gap < bestGap) [best, bestGap] = [node, gap];
      }
    }
  }
  return best;
}

function invalidate() {
  frame ||= requestAnimationFrame(draw);
}

function draw(now) {
  frame = 0;
  const flying = advanceFlight(now);
  const fading = fadeNodes();
  context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  context.fillStyle = rgba(theme.map);
  context.fillRect(0, 0, view.width, view.height);
  for (const node of nodes) {
    node.sx = toScreenX(node.x);
    node.sy = toScreenY(node.y);
  }
  drawGlow(context, state.lit ? 0.55 : 1);
  drawEdges();
  drawNodes();
  drawMarks();
  const taken = coveredBoxes();
  const close = view.scale > view.fitScale * 3;
  for (const layer of close ? [drawTitles, drawClusterLabels] : [drawClusterLabels, drawTitles]) layer(context, taken);
  state.started = true;
  if (flying || fading) invalidate();
}

// Moves every node towards the opacity it should have; true while one is on its way.
function fadeNodes() {
  let fading = false;
  for (const node of nodes) {
    const goal = !state.lit || state.lit.has(node) ? 1 : 0.18;
    const gap = goal - node.alpha;
    if (Math.abs(gap) < 0.02 || reducedMotion.matches || !state.started) {
      node.alpha = goal;
    } else {
      node.alpha += gap * 0.22;
      fading = true;
    }
  }
  return fading;
}

function drawEdges() {
  const crowd = clamp(Math.sqrt(900 / Math.max(edges.length, 1)), 0.4, 1.1) * (state.lit ? 0.3 : state.hovered ? 0.6 : 1);
  for (const { cluster, high, edges: group } of edgeGroups.values()) {
    const colour = cluster ? mix(colourOf(cluster), theme.line, 0.25) : theme.line;
    const alpha = (high ? 0.4 : 0.19) * (cluster ? 1 : 0.75) * crowd;
    strokeEdges(group, colour, alpha, high ? 1.1 : 0.8);
  }
  const focus = state.hovered ?? state.node;
  if (focus) {
    const colour = mix(colourOf(focus.cluster), theme.ink, 0.15);
    const links = focus.links.map((link) => link.edge);
    strokeEdges(links.filter((edge) => !edge.high), colour, 0.75, 1.5);
    strokeEdges(links.filter((edge) => edge.high), colour, 1, 2.4);
  } else if (state.lit) {
    const inside = edges.filter((edge) => state.lit.has(edge.source) && state.lit.has(edge.target));
    strokeEdges(inside.filter((edge) => !edge.high), theme.line, 0.22, 0.9);
    strokeEdges(inside.filter((edge) => edge.high), theme.line, 0.45, 1.2);
  }
}

function strokeEdges(some, colour, alpha, width) {
  context.beginPath();
  const curved = edges.length <= CURVED_UP_TO;
  for (const { source, target } of some) {
    const { sx: x1, sy: y1 } = source;
    const { sx: x2, sy: y2 } = target;
    if ((x1 < 0 && x2 < 0) || (y1 < 0 && y2 < 0)) continue;
    if ((x1 > view.width && x2 > view.width) || (y1 > view.height && y2 > view.height)) continue;
    context.moveTo(x1, y1);
    if (curved) context.quadraticCurveTo((x1 + x2) / 2 - (y2 - y1) * 0.1, (y1 + y2) / 2 + (x2 - x1) * 0.1, x2, y2);
    else context.lineTo(x2, y2);
  }
  context.strokeStyle = rgba(colour, alpha);
  context.lineWidth = width;
  context.stroke();
}

function circle(node, radius) {
  context.beginPath();
  context.arc(node.sx, node.sy, radius, 0, Math.PI * 2);
}

function drawNodes() {
  const fills = new Map([null, ...clusters].map((cluster) => [cluster, rgba(colourOf(cluster))]));
  context.strokeStyle = rgba(theme.map);
  context.lineWidth = nodes.length > 800 ? 1 : 1.5;
  for (const node of paintOrder) {
    if (!isNear(node)) continue;
    circle(node, radiusOf(node));
    context.globalAlpha = node.alpha;
    context.fillStyle = fills.get(node.cluster);
    context.fill();
    context.stroke();
  }
  context.globalAlpha = 1;
}

// Rings around the chosen node and the one under the pointer.
function drawMarks() {
  for (const [node, gap, width] of [[state.node, 4.5, 2.5], [state.hovered, 3, 2]]) {
    if (!node) continue;
    circle(node, radiusOf(node));
    context.fillStyle = rgba(colourOf(node.cluster));
    context.fill();
    circle(node, radiusOf(node) + gap);
    context.strokeStyle = rgba(mix(colourOf(node.cluster), theme.ink, 0.5));
    context.lineWidth = width;
    context.stroke();
  }
}
