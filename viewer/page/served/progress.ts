// One upload or job on its way: what is being done, how far, how long still.
import { button, el } from "../dom";
import type { Strings } from "../strings";
import type { Task } from "./api";

export class Progress {
  readonly card: HTMLElement;
  private readonly what = el("p", { class: "what", role: "status" });
  private readonly left = el("p", { class: "muted left" });
  private readonly fill = el("span");
  private readonly bar: HTMLElement;

  constructor(
    name: string,
    private readonly text: Strings,
    cancel: () => void,
  ) {
    this.bar = el(
      "div",
      { class: "progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": name },
      this.fill,
    );
    const head = el(
      "div",
      { class: "job-head" },
      el("strong", { class: "title" }, name),
      button("plain", cancel, text.cancel),
    );
    this.card = el("article", { class: "job" }, head, this.bar, el("div", { class: "job-foot" }, this.what, this.left));
    this.sending(0);
  }

  sending(share: number): void {
    this.show(this.text.sending, share * 100, null);
  }

  building(task: Task): void {
    const { text } = this;
    if (task.status === "queued") return this.show(text.waiting, 0, null);
    const stage = task.stage ? text.stages[task.stage.name] : undefined;
    this.show(stage ?? text.building, task.percent, task.etaSeconds ?? null);
  }

  private show(what: string, percent: number, seconds: number | null): void {
    const whole = Math.round(percent);
    // Said aloud only when it changes.
    if (this.what.textContent !== what) this.what.textContent = what;
    const left = seconds === null || seconds <= 0 ? "" : ` · ${this.text.left(seconds)}`;
    this.left.textContent = `${this.text.percent(whole)}${left}`;
    this.fill.style.width = `${whole}%`;
    this.bar.setAttribute("aria-valuenow", String(whole));
  }
}
