
// What the build packed into short arrays, given names again.
const raw = JSON.parse(document.getElementById("graph-data").textContent);
const text = STRINGS[raw.language] || STRINGS.en;
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

const clusters = raw.clusters.map(([id, name, description, themes, more], index) => ({
  id, name, description, themes, index, nodes: [], x: 0, y: 0,
  recency: more?.[0], insight: more?.[1] ?? "", questions: more?.[2] ?? [], notable: more?.[3] ?? [],
}));

const nodes = raw.nodes.map(([id, title, cluster, x, y, messages, source, day, terms], index) => ({
  id, title, index, x, y, messages, source, day, links: [],
  cluster: cluster === null ? null : clusters[cluster],
  keywords: terms.map((term) => raw.terms[term]),
}));

const edges = raw.edges.map(([source, target, percent, high, ...terms]) => ({
  source: nodes[source], target: nodes[target], percent, high: high === 1,
  cluster: nodes[source].cluster === nodes[target].cluster ? nodes[source].cluster : null,
  shared: terms.map((term) => raw.terms[term]),
}));

const normal = (words) => words.normalize("NFKC").toLowerCase();

function linkUp() {
  for (const node of nodes) {
    node.words = normal([node.title, ...node.keywords].join("\n"));
    node.cluster?.nodes.push(node);
  }
  for (const edge of edges) {
    edge.source.links.push({ node: edge.target, edge });
    edge.target.links.push({ node: edge.source, edge });
  }
  for (const node of nodes) node.links.sort((a, b) => b.edge.percent - a.edge.percent);
  for (const cluster of clusters) placeCentre(cluster);
}

// The median, so that a stray node does not pull the label out of its cluster.
function placeCentre(cluster) {
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  cluster.x = median(cluster.nodes.map((node) => node.x));
  cluster.y = median(cluster.nodes.map((node) => node.y));
}

// Notable conversations as the summary names them, else the longest.
function notableOf(cluster) {
  if (cluster.notable.length > 0) return cluster.notable.map((index) => nodes[index]);
  return [...cluster.nodes].sort((a, b) => b.messages - a.messages).slice(0, 3);
}

const byDay = (a, b) => (b.day ?? -1) - (a.day ?? -1);
const dayFormat = new Intl.DateTimeFormat(raw.language, { dateStyle: "medium", timeZone: "UTC" });
const monthFormat = new Intl.DateTimeFormat(raw.language, { year: "numeric", month: "short", timeZone: "UTC" });
const dateOfDay = (day) => new Date(day * 864e5);
const dateOf = (node) => (node.day === null ? text.noDate : dayFormat.format(dateOfDay(node.day)));

function spanOf(some) {
  const days = some.map((node) => node.day).filter((day) => day !== null);
  if (days.length === 0) return text.noDate;
  const ends = [days.reduce((a, b) => Math.min(a, b)), days.reduce((a, b) => Math.max(a, b))];
  const [first, last] = ends.map((day) => monthFormat.format(dateOfDay(day)));
  return first === last ? first : `${first} – ${last}`;
}

// Nodes whose title or keywords hold every word of the query, or null for an empty one.
function nodesMatching(query) {
  const words = normal(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  return nodes.filter((node) => words.every((word) => node.words.includes(word)));
}

linkUp();
