// What is chosen, searched and filtered. The address fragment holds all of it, so a link or "back" brings it back.
import { type Cluster, type Dataset, type GraphNode, normal } from "./data";
import { DAY } from "./strings";

/** What is looked for; an empty set and null ask for nothing. */
export interface Filters {
  query: string;
  topics: Set<number>;
  sources: Set<string>;
  from: number | null;
  to: number | null;
}

export type Tab = "topics" | "summary";
/** `choice`: another node or cluster; `filter`: other filters; `light`: other nodes stand out; `tab`: another list. */
export type Change = "choice" | "filter" | "light" | "tab";
type Listener = (change: Change, fly: boolean) => void;

/** The state of one open graph. */
export class State {
  node: GraphNode | null = null;
  cluster: Cluster | null = null;
  hovered: GraphNode | null = null;
  tab: Tab = "topics";
  readonly filters: Filters = { query: "", topics: new Set(), sources: new Set(), from: null, to: null };
  /** What the filters leave, null where there are none. */
  matches: Set<GraphNode> | null = null;
  /** What is near in meaning to the query, where a server told. */
  private near: GraphNode[] = [];
  /** The nodes that stand out, null when all do. */
  lit: Set<GraphNode> | null = null;
  private readonly listeners: Listener[] = [];
  private readonly hoverListeners: (() => void)[] = [];
  /** Keys of the fragment that belong to somebody else, such as the graph that is open. */
  private foreign: [string, string][] = [];

  constructor(
    readonly data: Dataset,
    private readonly life: AbortSignal,
  ) {
    this.read();
    addEventListener("hashchange", () => this.travel(), { signal: life });
    addEventListener("popstate", () => this.travel(), { signal: life });
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  onHover(listener: () => void): void {
    this.hoverListeners.push(listener);
  }

  /** The chosen cluster, or that of the chosen node. */
  get topic(): Cluster | null {
    return this.cluster ?? this.node?.cluster ?? null;
  }

  get isFiltered(): boolean {
    const { query, topics, sources, from, to } = this.filters;
    return normal(query).trim() !== "" || topics.size > 0 || sources.size > 0 || from !== null || to !== null;
  }

  /** Chooses a node, a cluster or nothing; with `fly` the map goes there. */
  choose(what: { node?: GraphNode; cluster?: Cluster }, fly = false): void {
    if (this.node === (what.node ?? null) && this.cluster === (what.cluster ?? null)) {
      if (fly) this.tell("choice", true);
      return;
    }
    this.node = what.node ?? null;
    this.cluster = what.cluster ?? null;
    this.hovered = null;
    this.write("push");
    this.light();
    this.tell("choice", fly);
  }

  hover(node: GraphNode | null): void {
    if (this.hovered === node) return;
    this.hovered = node;
    for (const listener of this.hoverListeners) listener();
  }

  filter(change: Partial<Filters>): void {
    if (change.query !== undefined && change.query !== this.filters.query) this.near = [];
    Object.assign(this.filters, change);
    this.write("replace");
    this.light();
    this.tell("filter", false);
  }

  /** Lets what is near in meaning stand out as well. */
  lightNear(nodes: GraphNode[]): void {
    this.near = nodes;
    this.light();
    this.tell("light", false);
  }

  clear(): void {
    this.filter({ query: "", topics: new Set(), sources: new Set(), from: null, to: null });
  }

  show(tab: Tab): void {
    this.tab = tab;
    this.write("replace");
    this.tell("tab", false);
  }

  private tell(change: Change, fly: boolean): void {
    for (const listener of this.listeners) listener(change, fly);
  }

  private light(): void {
    this.matches = this.isFiltered ? new Set(this.data.nodes.filter(this.test())) : null;
    if (this.matches) this.lit = new Set([...this.matches, ...this.near]);
    else if (this.node) this.lit = new Set([this.node, ...this.node.links.map((link) => link.node)]);
    else this.lit = this.cluster ? new Set(this.cluster.nodes) : null;
  }

  /** Whether a node passes all filters: every word of the query stands in its title or keywords. */
  private test(): (node: GraphNode) => boolean {
    const { query, topics, sources, from, to } = this.filters;
    const words = normal(query).split(/\s+/).filter(Boolean);
    return (node) =>
      (topics.size === 0 || (node.cluster !== null && topics.has(node.cluster.index))) &&
      (sources.size === 0 || sources.has(node.source)) &&
      (from === null || (node.day !== null && node.day >= from)) &&
      (to === null || (node.day !== null && node.day <= to)) &&
      words.every((word) => node.words.includes(word));
  }

  private travel(): void {
    if (this.life.aborted || fragment() === this.written()) return;
    this.read();
    this.tell("choice", true);
    this.tell("filter", false);
    this.tell("tab", false);
  }

  private read(): void {
    const told = new URLSearchParams(fragment());
    const { data, filters } = this;
    const own = new Set(["node", "cluster", "q", "topics", "source", "from", "to", "tab"]);
    this.foreign = [...told].filter(([key]) => !own.has(key));
    this.node = data.nodes.find((node) => String(node.id) === told.get("node")) ?? null;
    this.cluster = this.node ? null : (data.clusters.find((cluster) => cluster.id === told.get("cluster")) ?? null);
    this.tab = told.get("tab") === "summary" ? "summary" : "topics";
    const ids = new Set((told.get("topics") ?? "").split(","));
    filters.query = told.get("q") ?? "";
    filters.topics = new Set(data.clusters.filter((cluster) => ids.has(cluster.id)).map((cluster) => cluster.index));
    filters.sources = new Set((told.get("source") ?? "").split(",").filter((source) => data.sources.includes(source)));
    filters.from = dayOf(told.get("from"));
    filters.to = dayOf(told.get("to"));
    this.light();
  }

  private written(): string {
    const { node, cluster, tab, filters } = this;
    const told = new URLSearchParams(this.foreign);
    const put = (key: string, value: string | null | undefined) => value && told.set(key, value);
    put("node", node && String(node.id));
    put("cluster", cluster?.id);
    put("tab", tab === "topics" ? null : tab);
    put("q", filters.query);
    put("topics", [...filters.topics].map((index) => this.data.clusters[index]?.id).join(","));
    put("source", [...filters.sources].join(","));
    put("from", isoOf(filters.from));
    put("to", isoOf(filters.to));
    return told.toString();
  }

  private write(how: "push" | "replace"): void {
    const next = `#${this.written()}`;
    if (next === `#${fragment()}`) return;
    try {
      if (how === "push") history.pushState(null, "", next);
      else history.replaceState(null, "", next);
    } catch {
      // Browsers limit how often it may change; what is shown is right all the same.
    }
  }
}

const fragment = () => location.hash.slice(1);

/** The day of `YYYY-MM-DD`. */
export function dayOf(text: string | null): number | null {
  const time = text && /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : Math.floor(time / DAY);
}

export const isoOf = (day: number | null): string | null =>
  day === null ? null : new Date(day * DAY).toISOString().slice(0, 10);
