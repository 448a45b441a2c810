// The start: a place to drop an export, what is under way, earlier graphs.
import { button, el, icon, iconButton, mark, memory } from "../dom";
import { languageSelect } from "../panels/side";
import { languageOf, type Strings, Words } from "../strings";
import { switchTheme } from "../theme";
import { type Api, hasMap, isOver, type Task } from "./api";
import { Progress } from "./progress";
import { contentTypeOf, graphIdOf, NoExport, onlyFile, said } from "./said";

const ASK_EVERY_MS = 1000;

export class Home {
  private words = new Words(languageOf(null));
  private readonly controller = new AbortController();
  private readonly jobs = el("div", { class: "jobs" });
  private readonly shelf = el("section", { class: "shelf" });
  private readonly notice = el("div", { class: "notices", role: "alert" });
  private readonly watched = new Set<string>();
  private known: Task[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly api: Api,
    private readonly takesUploads: boolean,
    private readonly open: (task: string) => void,
  ) {
    this.build();
    this.listenForDrops();
    void this.refresh();
  }

  close(): void {
    this.controller.abort();
  }

  private get text(): Strings {
    return this.words.text;
  }

  private get isClosed(): boolean {
    return this.controller.signal.aborted;
  }

  private build(): void {
    const { text, words } = this;
    document.documentElement.lang = words.code;
    document.body.classList.remove("has-detail");
    const speak = (code: string) => {
      memory.set("language", code);
      this.words = new Words(languageOf(null));
      this.jobs.replaceChildren();
      this.watched.clear();
      this.build();
      void this.refresh();
    };
    const tools = el(
      "div",
      { class: "home-tools" },
      languageSelect({ text, words }, speak),
      iconButton("theme", text.theme, switchTheme),
    );
    const title = el("div", {}, el("h1", {}, "GraphNode"), el("p", { class: "tagline" }, text.tagline));
    const how = el(
      "details",
      { class: "how" },
      el("summary", {}, text.howTo),
      el("p", {}, text.howChatgpt),
      el("p", {}, text.howClaude),
    );
    const foot = el(
      "footer",
      {},
      el("p", { class: "muted" }, this.takesUploads ? `${text.stays} ` : "", el("a", { href: "/about" }, "API")),
    );
    this.root.replaceChildren(
      el(
        "main",
        { class: "home" },
        el("header", { class: "home-head" }, mark(), title, tools),
        this.takesUploads ? this.dropZone() : el("p", { class: "muted" }, text.errors.elsewhere),
        this.notice,
        this.jobs,
        this.shelf,
        how,
        foot,
      ),
    );
  }

  private dropZone(): HTMLElement {
    const { text } = this;
    const input = el("input", {
      type: "file",
      accept: ".zip,.json,application/zip,application/json",
      class: "visually-hidden",
      id: "file",
      tabindex: -1,
      "aria-hidden": "true",
    });
    input.addEventListener("change", () => {
      void this.take(input.files);
      input.value = "";
    });
    const choose = button("primary", () => input.click(), text.choose);
    return el(
      "section",
      { class: "drop", id: "drop" },
      icon("upload"),
      el("h2", {}, text.dropTitle),
      el("p", { class: "muted" }, text.dropHint),
      choose,
      input,
    );
  }

  /** The whole window takes what is dropped: a person who misses the frame must not lose the page to their file. */
  private listenForDrops(): void {
    const { signal } = this.controller;
    const over = (isOver: boolean) => document.getElementById("drop")?.classList.toggle("over", isOver);
    addEventListener(
      "dragover",
      (event) => {
        event.preventDefault();
        over(true);
      },
      { signal },
    );
    addEventListener("dragleave", (event) => event.relatedTarget === null && over(false), { signal });
    addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        over(false);
        if (this.takesUploads) void this.take(event.dataTransfer?.files);
      },
      { signal },
    );
  }

  private async take(files: FileList | null | undefined): Promise<void> {
    const { api, text } = this;
    this.notice.replaceChildren();
    const stop = new AbortController();
    let progress: Progress | null = null;
    try {
      const file = onlyFile(files, text);
      const contentType = await contentTypeOf(file, text);
      const graphId = graphIdOf(file, new Set(this.known.map((task) => task.graphId)));
      progress = new Progress(graphId, text, () => stop.abort());
      this.jobs.prepend(progress.card);
      const uploadId = await api.upload(file, contentType, (share) => progress?.sending(share), stop.signal);
      const { taskId } = await api.build(uploadId, graphId, this.words.code);
      progress.card.remove();
      await this.follow(await api.task(taskId), true);
    } catch (problem) {
      progress?.card.remove();
      if (!(problem instanceof DOMException))
        this.complain(problem instanceof NoExport ? problem.message : said(problem, text));
    }
  }

  /** Shows a job until it is over; then opens its map where `opens`. */
  private async follow(first: Task, opens: boolean): Promise<void> {
    const { api, text } = this;
    if (this.watched.has(first.taskId)) return;
    this.watched.add(first.taskId);
    const progress = new Progress(first.graphId, text, () => void this.remove(first));
    this.jobs.append(progress.card);
    let task = first;
    while (!isOver(task) && !this.isClosed && this.watched.has(first.taskId)) {
      progress.building(task);
      await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
      try {
        task = await api.task(first.taskId);
        this.notice.querySelector(".offline")?.remove();
      } catch (problem) {
        const isGone = (problem as { status?: number }).status === 404;
        if (isGone) break;
        this.complain(said(problem, text), "offline");
      }
    }
    progress.card.remove();
    this.watched.delete(first.taskId);
    if (this.isClosed) return;
    if (task.status === "failed") this.complain(text.errors.failed(task.error ?? ""));
    if (hasMap(task) && opens) this.open(task.taskId);
    else await this.refresh();
  }

  private async refresh(): Promise<void> {
    const { text } = this;
    try {
      this.known = await this.api.tasks();
    } catch (problem) {
      if (!this.isClosed) this.complain(said(problem, text), "offline", () => void this.refresh());
      return;
    }
    if (this.isClosed) return;
    for (const task of this.known) if (!isOver(task)) void this.follow(task, false);
    const rows = this.known.filter((task) => isOver(task) && task.status !== "cancelled").map((task) => this.row(task));
    const content = rows.length > 0 ? el("ul", { class: "graphs" }, rows) : el("p", { class: "muted" }, text.noGraphs);
    this.shelf.replaceChildren(el("h2", {}, text.graphs), content);
  }

  private row(task: Task): HTMLElement {
    const { text, words } = this;
    const when = new Intl.DateTimeFormat(words.code, { dateStyle: "medium", timeStyle: "short" }).format(
      new Date(task.finishedAt ?? task.requestedAt),
    );
    const names = [el("span", { class: "title" }, task.graphId), el("span", { class: "note" }, when)];
    const item = el("li", { class: "graph" });
    if (hasMap(task)) {
      const opener = button("row", () => this.open(task.taskId), el("span", { class: "grow" }, names));
      opener.setAttribute("aria-label", `${text.open(task.graphId)}, ${when}`);
      item.append(opener);
    } else {
      const why = task.error ? text.errors.failed(task.error) : text.failed;
      item.append(
        el("div", { class: "row failed" }, el("span", { class: "grow" }, names, el("span", { class: "why" }, why))),
      );
    }
    const ask = () => item.replaceChildren(this.question(task, () => item.replaceWith(this.row(task))));
    item.append(iconButton("trash", text.remove(task.graphId), ask));
    return item;
  }

  private question(task: Task, keep: () => void): HTMLElement {
    const { text } = this;
    const yes = button("primary bad", () => void this.remove(task), text.removeYes);
    const asked = el(
      "div",
      { class: "question", role: "group" },
      el("p", {}, text.removeAsk(task.graphId)),
      yes,
      button("secondary", keep, text.keep),
    );
    asked.addEventListener("keydown", (event) => event.key === "Escape" && keep());
    requestAnimationFrame(() => yes.focus());
    return asked;
  }

  private async remove(task: Task): Promise<void> {
    try {
      await this.api.remove(task.taskId);
      this.watched.delete(task.taskId);
    } catch (problem) {
      this.complain(said(problem, this.text));
    }
    await this.refresh();
  }

  private complain(words: string, kind = "", again?: () => void): void {
    if (kind) this.notice.querySelector(`.${kind}`)?.remove();
    const retry =
      again &&
      button(
        "plain",
        () => {
          this.notice.replaceChildren();
          again();
        },
        this.text.errors.retry,
      );
    const close = iconButton("cross", this.text.close, () => shown.remove(), "small");
    const shown = el("div", { class: `complaint ${kind}`.trim() }, el("p", {}, words), retry, close);
    this.notice.append(shown);
  }
}
