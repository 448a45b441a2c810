
// Soft territories behind the clusters, painted once into a small picture and stretched under the map.
// Each cluster is a sum of bells around its nodes; colours blend where two fields meet, and the edge of the
// land is where the sum falls under a threshold.
const GLOW_CELLS = 320;
const GLOW_REACH = 1.25;
const glow = { picture: document.createElement("canvas") };

function bellRadius() {
  return clamp(0.52 / Math.sqrt(Math.max(nodes.length, 1) / 12), 0.075, 0.2);
}

function addBell(field, node, radius) {
  const cell = (at) => ((at + GLOW_REACH) / (2 * GLOW_REACH)) * GLOW_CELLS;
  const [cx, cy, reach] = [cell(node.x), cell(node.y), (radius / (2 * GLOW_REACH)) * GLOW_CELLS];
  const last = GLOW_CELLS - 1;
  for (let y = Math.max(0, Math.ceil(cy - reach)); y <= Math.min(last, cy + reach); y++) {
    for (let x = Math.max(0, Math.ceil(cx - reach)); x <= Math.min(last, cx + reach); x++) {
      const distance = ((x - cx) ** 2 + (y - cy) ** 2) / reach ** 2;
      if (distance < 1) field[y * GLOW_CELLS + x] += (1 - distance) ** 2;
    }
  }
}

// Adds one cluster's colour to the sums (red, green, blue, weight, strongest field) of every cell.
function addCluster(sums, cluster, field, radius) {
  field.fill(0);
  for (const node of cluster.nodes) addBell(field, node, radius);
  const [r, g, b] = colourOf(cluster);
  for (let cell = 0; cell < field.length; cell++) {
    const strength = field[cell];
    if (strength === 0) continue;
    const weight = strength ** 3;
    const at = cell * 5;
    sums[at] += r * weight;
    sums[at + 1] += g * weight;
    sums[at + 2] += b * weight;
    sums[at + 3] += weight;
    sums[at + 4] = Math.max(sums[at + 4], strength);
  }
}

const smoothStep = (low, high, value) => {
  const share = clamp((value - low) / (high - low), 0, 1);
  return share * share * (3 - 2 * share);
};

function paintGlow() {
  const { picture } = glow;
  picture.width = picture.height = GLOW_CELLS;
  const sums = new Float32Array(GLOW_CELLS * GLOW_CELLS * 5);
  const field = new Float32Array(GLOW_CELLS * GLOW_CELLS);
  const radius = bellRadius();
  for (const cluster of clusters) addCluster(sums, cluster, field, radius);
  const context = picture.getContext("2d");
  const image = context.createImageData(GLOW_CELLS, GLOW_CELLS);
  const strength = theme.dark ? 50 : 50;
  for (let cell = 0; cell < field.length; cell++) {
    const [at, to] = [cell * 5, cell * 4];
    const weight = sums[at + 3] || 1;
    for (let channel = 0; channel < 3; channel++) image.data[to + channel] = sums[at + channel] / weight;
    const land = smoothStep(0.1, 0.5, sums[at + 4]) * 0.55 + smoothStep(0.6, 2.6, sums[at + 4]) * 0.45;
    image.data[to + 3] = land * strength;
  }
  context.putImageData(image, 0, 0);
}

function drawGlow(context, alpha) {
  context.globalAlpha = alpha;
  const size = 2 * GLOW_REACH * view.scale;
  context.drawImage(glow.picture, toScreenX(-GLOW_REACH), toScreenY(-GLOW_REACH), size, size);
  context.globalAlpha = 1;
}
