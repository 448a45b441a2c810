
// Names on the map. Each is placed only where it touches no other; what does not fit stays hidden.
const FONT = getComputedStyle(document.documentElement).fontFamily;
const MOST_TITLES = 60;
const widths = new Map();

function widthOf(context, font, words) {
  const key = font + words;
  if (!widths.has(key)) {
    context.font = font;
    widths.set(key, context.measureText(words).width);
  }
  return widths.get(key);
}

const touches = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const isSeen = (box) => box.right > 0 && box.left < view.width && box.bottom > 0 && box.top < view.height;
const shortened = (words, most) => ([...words].length > most ? [...words].slice(0, most - 1).join("") + "…" : words);

function boxAround(x, y, width, height) {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2, x, y };
}

// The first of the candidate boxes that is seen and touches none of the taken ones.
function place(candidates, taken) {
  const box = candidates.find((candidate) => isSeen(candidate) && !taken.some((other) => touches(candidate, other)));
  if (box) taken.push(box);
  return box;
}

function write(context, words, box, font, colour, alpha) {
  context.font = font;
  context.globalAlpha = alpha;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 4.5;
  context.strokeStyle = rgba(theme.map, 0.86);
  context.strokeText(words, box.x, box.y);
  context.fillStyle = colour;
  context.fillText(words, box.x, box.y);
  context.globalAlpha = 1;
}

function drawClusterLabels(context, taken) {
  const largest = Math.max(1, ...clusters.map((cluster) => cluster.nodes.length));
  const base = view.width < 720 ? 11 : 12.5;
  // Close up, the titles matter more than the cluster's name.
  const zoom = clamp((view.scale / view.fitScale) ** 0.25, 0.85, 1.35);
  for (const cluster of labelOrder()) {
    if (cluster.nodes.length === 0) continue;
    const size = Math.round((base + 5.5 * Math.sqrt(cluster.nodes.length / largest)) * zoom);
    const font = `650 ${size}px ${FONT}`;
    const words = shortened(cluster.name, 34);
    const [width, height] = [widthOf(context, font, words) + 14, size * 1.5];
    const [x, y] = [toScreenX(cluster.x), toScreenY(cluster.y)];
    const offsets = [0, -1, 1, -2, 2].map((step) => boxAround(x, y + step * height * 0.8, width, height));
    const box = place(offsets, taken);
    if (box) write(context, words, box, font, labelColour(cluster), isClusterLit(cluster) ? 1 : 0.35);
  }
}

// The chosen cluster first, then by size.
function labelOrder() {
  const chosen = chosenCluster();
  return chosen ? [chosen, ...clusters.filter((cluster) => cluster !== chosen)] : clusters;
}

function labelColour(cluster) {
  return rgba(mix(colourOf(cluster), theme.ink, theme.dark ? 0.5 : 0.45));
}

// Titles of nodes: of the chosen and its neighbours at once, of the others as one comes closer.
function drawTitles(context, taken) {
  const closeness = view.scale / view.fitScale;
  const font = `500 ${closeness > 5 ? 13 : 12}px ${FONT}`;
  const order = titleOrder(closeness);
  if (order.length > 0) taken.push(...circleBoxes());
  let left = MOST_TITLES;
  for (const node of order) {
    if (left === 0) break;
    const words = shortened(node.title, 36);
    const width = widthOf(context, font, words) + 10;
    const box = place(boxesBeside(node, width).filter(isInside), taken);
    if (!box) continue;
    write(context, words, box, font, rgba(theme.ink), node.alpha);
    left--;
  }
}

// Below, above, right and left of a node.
function boxesBeside(node, width) {
  const [away, aside] = [radiusOf(node) + 11, radiusOf(node) + width / 2 + 1];
  const steps = [[0, away], [0, -away], [aside, 0], [-aside, 0]];
  return steps.map(([dx, dy]) => boxAround(node.sx + dx, node.sy + dy, width, 18));
}

const isInside = (box) => box.left > 0 && box.right < view.width;

// The nodes that titles should not cover.
function circleBoxes() {
  const lit = nodes.filter((node) => isNear(node) && (!state.lit || state.lit.has(node)));
  return lit.map((node) => boxAround(node.sx, node.sy, radiusOf(node) * 1.3, radiusOf(node) * 1.3));
}

function titleOrder(closeness) {
  const chosen = state.node ? [state.node, ...state.node.links.map((link) => link.node)] : [];
  const share = clamp((closeness - 1.5) / 2, 0, 1);
  if (share === 0) return chosen;
  const some = titlesByWeight.filter((node) => isNear(node) && (!state.lit || state.lit.has(node)));
  return [...new Set([...chosen, ...some.slice(0, Math.ceil(some.length * share))])];
}

const isNear = (node) => node.sx > -40 && node.sx < view.width + 40 && node.sy > -20 && node.sy < view.height + 20;
const titlesByWeight = [...nodes].sort((a, b) => b.messages - a.messages);
