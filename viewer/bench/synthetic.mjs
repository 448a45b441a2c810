// A graph of any size in the form of the page's data: clusters of nodes, most edges within them.
const BLOCK = 2 ** 32;

/** Numbers from 0 to 1, the same in every run. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / BLOCK;
  };
}

export function synthetic(count, edgeCount, clusterCount = 14) {
  const next = random(12345);
  const bell = () => Math.sqrt(-2 * Math.log(next() + 1e-9)) * Math.cos(2 * Math.PI * next());
  const centres = Array.from({ length: clusterCount }, (_, at) => {
    const away = Math.sqrt((at + 0.5) / clusterCount) * 0.85;
    return [Math.cos(at * 2.4) * away, Math.sin(at * 2.4) * away];
  });
  const clamp = (value) => Math.round(Math.max(-1, Math.min(1, value)) * 1e4) / 1e4;
  const nodes = Array.from({ length: count }, (_, id) => {
    const cluster = id % clusterCount;
    const [x, y] = centres[cluster].map((middle) => clamp(middle + bell() * 0.075));
    const messages = 1 + Math.floor(next() * next() * 60);
    return [
      id,
      `Conversation ${id} about subject ${cluster}`,
      cluster,
      x,
      y,
      messages,
      "chat",
      19000 + Math.floor(next() * 900),
      [cluster],
    ];
  });
  const edges = [];
  const known = new Set();
  while (edges.length < edgeCount) {
    const [a, b] = nearPair(nodes, clusterCount, next);
    const key = a * count + b;
    if (a >= b || known.has(key)) continue;
    known.add(key);
    edges.push([a, b, 40 + Math.floor(next() * 50), next() < 0.3 ? 1 : 0, 0]);
  }
  const clusters = centres.map((_, at) => [
    `cluster_${at + 1}`,
    `Subject ${at}`,
    `All about ${at}`,
    [`word ${at}`],
    null,
  ]);
  return {
    format: 2,
    language: "en",
    clusters,
    terms: centres.map((_, at) => `word ${at}`),
    nodes,
    edges,
    summary: null,
  };
}

/** Two nodes, mostly of one cluster, the nearest of some. */
function nearPair(nodes, clusterCount, next) {
  const from = Math.floor(next() * nodes.length);
  const isInside = next() < 0.93;
  let [best, least] = [from, Infinity];
  for (let attempt = 0; attempt < 12; attempt++) {
    const drawn = Math.floor(next() * nodes.length);
    const to = isInside ? drawn - (drawn % clusterCount) + (from % clusterCount) : drawn;
    if (to === from || to >= nodes.length) continue;
    const away = Math.hypot(nodes[from][3] - nodes[to][3], nodes[from][4] - nodes[to][4]);
    if (away < least) [best, least] = [to, away];
  }
  return [Math.min(from, best), Math.max(from, best)];
}
