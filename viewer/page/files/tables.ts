// The graph as files other programs read: GraphML and CSV. The same columns as `graphnode export` writes.
import type { Dataset, GraphNode } from "../data";
import { isoOf } from "../state";

/** A spreadsheet runs what begins with one of these as a formula; a title must stay a title. */
const FORMULA = /^[=+\-@\t\r]/;

/** Conversations, one a row. */
export function nodesCsv(data: Dataset): string {
  const head = ["id", "title", "topic", "date", "messages", "source", "keywords", "x", "y"];
  return csv(
    head,
    data.nodes.map((node) => [
      node.id,
      node.title,
      node.cluster?.name ?? "",
      isoOf(node.day) ?? "",
      node.messages,
      node.source,
      node.keywords.join("; "),
      node.x,
      node.y,
    ]),
  );
}

/** Links, one a row. */
export function edgesCsv(data: Dataset): string {
  const rows = data.edges.map(({ source, target, percent, isHigh, shared }) => [
    source.id,
    target.id,
    percent / 100,
    isHigh ? "high" : "medium",
    shared.join("; "),
  ]);
  return csv(["source", "target", "weight", "confidence", "shared"], rows);
}

/** Rows of RFC 4180, with a mark of UTF-8 in front, without which spreadsheets take it for another encoding. */
function csv(head: string[], rows: (string | number)[][]): string {
  return `\ufeff${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const NODE_KEYS = [
  ["title", "string"],
  ["topic", "string"],
  ["date", "string"],
  ["messages", "int"],
  ["source", "string"],
  ["keywords", "string"],
  ["x", "double"],
  ["y", "double"],
] as const;
const EDGE_KEYS = [
  ["weight", "double"],
  ["confidence", "string"],
  ["shared", "string"],
] as const;

/** http://graphml.graphdrawing.org/specification.html */
export function graphml(data: Dataset): string {
  const key =
    (of: string) =>
    ([name, type]: readonly [string, string]) =>
      `  <key id="${name}" for="${of}" attr.name="${name}" attr.type="${type}"/>`;
  const nodes = data.nodes.map((node) => `    <node id="n${node.id}">${fields(valuesOf(node))}</node>`);
  const edges = data.edges.map(({ source, target, percent, isHigh, shared }) => {
    const values = { weight: percent / 100, confidence: isHigh ? "high" : "medium", shared: shared.join("; ") };
    return `    <edge source="n${source.id}" target="n${target.id}">${fields(values)}</edge>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...NODE_KEYS.map(key("node")),
    ...EDGE_KEYS.map(key("edge")),
    '  <graph edgedefault="undirected">',
    ...nodes,
    ...edges,
    "  </graph>",
    "</graphml>",
    "",
  ].join("\n");
}

const valuesOf = (node: GraphNode) => ({
  title: node.title,
  topic: node.cluster?.name ?? "",
  date: isoOf(node.day) ?? "",
  messages: node.messages,
  source: node.source,
  keywords: node.keywords.join("; "),
  x: node.x,
  y: node.y,
});

const fields = (values: Record<string, string | number>) =>
  Object.entries(values)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `<data key="${name}">${escaped(String(value))}</data>`)
    .join("");

const SPECIAL: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text for XML 1.0, which has no way to write most control characters. */
export const escaped = (text: string): string =>
  [...text]
    .filter(isXml)
    .map((one) => SPECIAL[one] ?? one)
    .join("");

function isXml(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
}
