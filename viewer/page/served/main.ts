// The page of `graphnode serve`: the start, and the map of the graph that the address names.
import { FORMAT } from "../data";
import { el, iconButton } from "../dom";
import { openGraph, packedIn } from "../open";
import { languageOf, Words } from "../strings";
import { startTheme } from "../theme";
import { Api, Problem, type Task } from "./api";
import { Home } from "./home";
import { reportNote } from "./report";
import { said } from "./said";

interface Setup {
  api: string;
  takesUploads: boolean;
}

const root = document.getElementById("app") as HTMLElement;
const setup = JSON.parse(document.getElementById("graph-data")?.textContent ?? "{}") as Setup;
const api = new Api(setup.api);
const taskInAddress = () => new URLSearchParams(location.hash.slice(1)).get("task");

let shown: string | null | undefined;
let close = () => {};
/** Of two that are opened at once the later one counts. */
let turn = 0;

async function route(): Promise<void> {
  const task = taskInAddress();
  if (task === shown) return;
  shown = task;
  const mine = ++turn;
  close();
  close = () => {};
  if (!task) {
    const home = new Home(root, api, setup.takesUploads, open);
    close = () => home.close();
    document.title = "GraphNode";
    return;
  }
  try {
    const [told, page] = await Promise.all([api.task(task), api.view(task)]);
    if (mine === turn) showMap(told, page);
  } catch (problem) {
    if (mine === turn) showProblem(said(problem, text()), null);
  }
}

function showMap(task: Task, page: Document): void {
  const packed = packedIn(page);
  if (!packed || packed.format !== FORMAT) return showProblem(text().errors.old, api.viewPath(task.taskId));
  document.title = `${task.graphId} · GraphNode`;
  close = openGraph(root, packed, (words) => ({
    lead: iconButton("back", words.text.home, goHome, "lead"),
    note: reportNote(task.report, words.text),
    meaning: (query) => meaning(task, query, words),
  }));
}

async function meaning(task: Task, query: string, { text }: Words) {
  try {
    const { results } = await api.search(query, task.graphId);
    const own = results.filter((result) => result.taskId === task.taskId);
    return { results: own.map(({ nodeId, score }) => ({ id: nodeId, score })) };
  } catch (problem) {
    const isEarly = problem instanceof Problem && problem.status === 409;
    throw new Error(isEarly ? text.meaningLater : said(problem, text));
  }
}

function showProblem(words: string, ownPage: string | null): void {
  const back = el("a", { class: "secondary", href: "#" }, text().home);
  const link = ownPage && el("a", { class: "primary", href: ownPage }, text().errors.oldOpen);
  root.replaceChildren(
    el(
      "main",
      { class: "home" },
      el("h1", {}, "GraphNode"),
      el("p", { role: "alert" }, words),
      el("p", { class: "choices" }, link, back),
    ),
  );
}

const text = () => new Words(languageOf(null)).text;
const goHome = () => {
  location.hash = "";
};
const open = (task: string) => {
  location.hash = `task=${encodeURIComponent(task)}`;
};

startTheme();
// A file that is dropped beside the start would take the page's place.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
addEventListener("hashchange", () => void route());
addEventListener("popstate", () => void route());
void route();
