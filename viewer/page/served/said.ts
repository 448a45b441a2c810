// Problems as a person would want them said.
import type { Strings } from "../strings";
import { Problem } from "./api";

export function said(problem: unknown, text: Strings): string {
  const { errors } = text;
  if (!(problem instanceof Problem)) return errors.other(problem instanceof Error ? problem.message : String(problem));
  if (problem.status === 0) return errors.offline;
  if (problem.status === 404) return errors.gone;
  if (problem.status === 413) return errors.large;
  if (problem.status === 429) return errors.busy;
  return errors.other(problem.message);
}

/** Something that was dropped cannot be an export. */
export class NoExport extends Error {}

/** What kind of export a file is. Its first bytes decide, not its name. */
export async function contentTypeOf(file: File, text: Strings): Promise<"application/zip" | "application/json"> {
  const { errors } = text;
  if (file.size === 0) throw new NoExport(errors.blank(file.name));
  const head = new Uint8Array(await file.slice(0, 64).arrayBuffer());
  if (head[0] === 0x50 && head[1] === 0x4b) return "application/zip";
  const start = new TextDecoder().decode(head).trimStart();
  if (start.startsWith("[") || start.startsWith("{")) return "application/json";
  throw new NoExport(errors.type(file.name));
}

/** The one file of what was dropped or chosen. */
export function onlyFile(files: FileList | null | undefined, text: Strings): File {
  const [file, ...more] = files ?? [];
  if (!file) throw new NoExport(text.errors.none);
  if (more.length > 0) throw new NoExport(text.errors.many);
  return file;
}

const LONGEST_NAME = 40;

/** An id for the graph of a file: what the file is called, and a number where that is taken. */
export function graphIdOf(file: File, taken: Set<string>): string {
  const plain = file.name.replace(/\.[^.]*$/, "").normalize("NFKD");
  const name =
    plain
      .replace(/[^A-Za-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, LONGEST_NAME) || "graph";
  for (let number = 1; ; number++) {
    const id = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(id)) return id;
  }
}
