// What the build packed into short arrays (src/data.rs), given names again.

type PackedNode = [number, string, number | null, number, number, number, string, number | null, number[]];
type PackedEdge = [number, number, number, number, ...number[]];
type PackedMore = [string, string, string[], number[]] | null;
type PackedCluster = [string, string, string, string[], PackedMore];

/** The data block of a page. */
export interface Packed {
  format: number;
  language: string;
  clusters: PackedCluster[];
  terms: string[];
  nodes: PackedNode[];
  edges: PackedEdge[];
  summary: Summary | null;
}

/** The summary, its references as positions of nodes and clusters. */
export interface Summary {
  text: string;
  span: string;
  style: string;
  period: string;
  interests: string[];
  patterns: [kind: string, words: string, evidence: number[], level: string][];
  connections: [from: number, to: number, strength: number, terms: string[], words: string][];
  recommendations: [kind: string, title: string, words: string, related: number[], level: string][];
}

export interface Cluster {
  id: string;
  name: string;
  description: string;
  themes: string[];
  index: number;
  nodes: GraphNode[];
  recency: string | undefined;
  insight: string;
  questions: string[];
  notable: GraphNode[];
}

export interface Link {
  node: GraphNode;
  edge: Edge;
}

export interface GraphNode {
  id: number;
  title: string;
  index: number;
  cluster: Cluster | null;
  x: number;
  y: number;
  messages: number;
  source: string;
  /** Days since 1970, in UTC. */
  day: number | null;
  keywords: string[];
  /** The strongest first. */
  links: Link[];
  /** Title and keywords as they are searched. */
  words: string;
}

export interface Edge {
  source: GraphNode;
  target: GraphNode;
  percent: number;
  isHigh: boolean;
  shared: string[];
}

/** A graph with all its references followed. */
export interface Dataset {
  language: string;
  nodes: GraphNode[];
  edges: Edge[];
  clusters: Cluster[];
  summary: Summary | null;
  /** The first and the last day of any node; null where none has a date. */
  days: { first: number; last: number } | null;
  /** Kinds of sources, the most frequent first. */
  sources: string[];
}

/** The form of the data that this script reads. */
export const FORMAT = 2;

export const normal = (words: string): string => words.normalize("NFKC").toLowerCase();

/** Follows every reference of `packed`. */
export function unpack(packed: Packed): Dataset {
  const clusters: Cluster[] = packed.clusters.map(([id, name, description, themes, more], index) => ({
    id,
    name,
    description,
    themes,
    index,
    nodes: [],
    recency: more?.[0],
    insight: more?.[1] ?? "",
    questions: more?.[2] ?? [],
    notable: [],
  }));
  const term = (position: number) => packed.terms[position] ?? "";
  const nodes = packed.nodes.map(([id, title, cluster, x, y, messages, source, day, terms], index): GraphNode => {
    const keywords = terms.map(term);
    const words = normal([title, ...keywords].join("\n"));
    const of = cluster === null ? null : (clusters[cluster] ?? null);
    const node = { id, title, index, cluster: of, x, y, messages, source, day, keywords, links: [], words };
    of?.nodes.push(node);
    return node;
  });
  const at = (position: number) => nodes[position] as GraphNode;
  const edges = packed.edges.map(([source, target, percent, high, ...terms]): Edge => {
    const edge = { source: at(source), target: at(target), percent, isHigh: high === 1, shared: terms.map(term) };
    edge.source.links.push({ node: edge.target, edge });
    edge.target.links.push({ node: edge.source, edge });
    return edge;
  });
  for (const node of nodes) node.links.sort((a, b) => b.edge.percent - a.edge.percent);
  packed.clusters.forEach(([, , , , more], index) => {
    const cluster = clusters[index] as Cluster;
    cluster.notable = more?.[3].map(at) ?? longest(cluster.nodes);
    if (cluster.notable.length === 0) cluster.notable = longest(cluster.nodes);
  });
  return {
    language: packed.language,
    nodes,
    edges,
    clusters,
    summary: packed.summary,
    days: spanOfDays(nodes),
    sources: byFrequency(nodes.map((node) => node.source)),
  };
}

const longest = (nodes: GraphNode[]) => [...nodes].sort((a, b) => b.messages - a.messages).slice(0, 3);

/** The first and the last day of `nodes`. */
export function spanOfDays(nodes: GraphNode[]): { first: number; last: number } | null {
  let [first, last] = [Infinity, -Infinity];
  for (const { day } of nodes) {
    if (day === null) continue;
    first = Math.min(first, day);
    last = Math.max(last, day);
  }
  return first <= last ? { first, last } : null;
}

function byFrequency(values: string[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value);
}
