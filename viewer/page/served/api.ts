// The HTTP API, as the page needs it.

export interface Task {
  taskId: string;
  graphId: string;
  status: "queued" | "running" | "completed" | "indexed" | "failed" | "cancelled";
  percent: number;
  stage?: { name: string; percent: number } | null;
  etaSeconds?: number | null;
  error?: string | null;
  requestedAt: string;
  finishedAt?: string | null;
  report?: Report | null;
}

export interface Report {
  counts: { read: number; nodes: number; skipped: number; repaired: number };
  skipped?: { code: string; reason: string; id?: string | null; index?: number | null }[];
  warnings?: string[];
}

interface Upload {
  uploadId: string;
  partBytes?: number | null;
  requests: { method: string; url: string; headers: Record<string, string> }[];
}

/** An answer that is no success; `status` 0 where none came. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

export const isOver = (task: Task): boolean => !["queued", "running"].includes(task.status);
export const hasMap = (task: Task): boolean => task.status === "completed" || task.status === "indexed";

export class Api {
  /** `prefix` is the path that all routes begin with. */
  constructor(private readonly prefix: string) {}

  tasks = async (): Promise<Task[]> => (await this.json<{ tasks: Task[] }>("GET", "/tasks?limit=100")).tasks;
  task = (id: string): Promise<Task> => this.json("GET", `/tasks/${encodeURIComponent(id)}`);
  remove = (id: string): Promise<unknown> => this.json("DELETE", `/tasks/${encodeURIComponent(id)}`);
  viewPath = (id: string): string => `${this.prefix}/tasks/${encodeURIComponent(id)}/view`;

  /** The stored page of a graph, with its data in it. Nothing of it runs. */
  async view(id: string): Promise<Document> {
    const answer = await this.ask("GET", `/tasks/${encodeURIComponent(id)}/view`);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  search(query: string, graphId: string): Promise<{ results: { nodeId: number; taskId: string; score: number }[] }> {
    return this.json("POST", "/search", { query: query.slice(0, 1000), graphId, limit: 20 });
  }

  build(uploadId: string, graphId: string, language: string): Promise<{ taskId: string }> {
    return this.json("POST", "", { uploadId, graphId, language });
  }

  /** Sends a file and tells how much of it is there, 0 to 1. */
  async upload(file: File, contentType: string, told: (share: number) => void, stop: AbortSignal): Promise<string> {
    const upload = await this.json<Upload>("POST", "/uploads", { bytes: file.size, contentType });
    const part = upload.partBytes ?? file.size;
    const etags: string[] = [];
    for (const [index, request] of upload.requests.entries()) {
      const from = index * part;
      const piece = file.slice(from, Math.min(from + part, file.size));
      etags.push(await send(request, piece, (bytes) => told((from + bytes) / file.size), stop));
    }
    if (upload.requests.length > 1) await this.json("POST", `/uploads/${upload.uploadId}/complete`, { etags });
    return upload.uploadId;
  }

  private async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await (await this.ask(method, path, body)).json()) as T;
  }

  private async ask(method: string, path: string, body?: unknown): Promise<Response> {
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    let answer: Response;
    try {
      answer = await fetch(this.prefix + path, { method, ...sent });
    } catch {
      throw new Problem(0, "");
    }
    if (!answer.ok) throw await problemOf(answer.status, await answer.text());
    return answer;
  }
}

/** One request of an upload. Not `fetch`: that does not tell how much is sent. */
function send(
  { method, url, headers }: Upload["requests"][number],
  piece: Blob,
  told: (bytes: number) => void,
  stop: AbortSignal,
): Promise<string> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => told(event.loaded);
    request.onload = () => {
      if (request.status < 300) done(request.getResponseHeader("etag") ?? "");
      else fail(problemOf(request.status, request.responseText));
    };
    request.onerror = () => fail(new Problem(0, ""));
    request.onabort = () => fail(new DOMException("", "AbortError"));
    stop.addEventListener("abort", () => request.abort());
    request.send(piece);
  });
}

function problemOf(status: number, body: string): Problem {
  try {
    const told = JSON.parse(body) as { detail?: string; title?: string };
    return new Problem(status, told.detail ?? told.title ?? String(status));
  } catch {
    return new Problem(status, String(status));
  }
}
