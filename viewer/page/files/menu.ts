// The menu that saves the map as a file.
import { button, el, icon } from "../dom";
import type { Show } from "../show";
import { png, svgText } from "./picture";
import { edgesCsv, graphml, nodesCsv } from "./tables";

/** The button with its menu. */
export function saveMenu(show: Show): HTMLElement {
  const { text, map, life } = show;
  const menu = el("div", {
    id: "save-menu",
    class: "panel menu",
    role: "group",
    "aria-label": text.save,
    hidden: true,
  });
  const opener = button("icon", () => open(menu.hidden === true), icon("save"));
  opener.setAttribute("aria-label", text.save);
  opener.setAttribute("aria-controls", "save-menu");
  opener.title = text.save;
  const open = (isOpen: boolean) => {
    menu.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) menu.querySelector("button")?.focus();
  };
  open(false);
  const entry = (words: string, name: string, make: () => Promise<Blob> | Blob) =>
    button(
      "row",
      async () => {
        open(false);
        opener.focus();
        download(name, await make());
      },
      words,
    );
  const as = (type: string, content: string) => new Blob([content], { type });
  if (map.isDrawn) menu.append(entry(text.savePng, "graph.png", () => png(show)));
  menu.append(
    entry(text.saveSvg, "graph.svg", () => as("image/svg+xml", svgText(show))),
    entry(text.saveGraphml, "graph.graphml", () => as("application/xml", graphml(show.data))),
    entry(text.saveNodes, "nodes.csv", () => as("text/csv", nodesCsv(show.data))),
    entry(text.saveEdges, "edges.csv", () => as("text/csv", edgesCsv(show.data))),
  );
  const part = el("div", { class: "save" }, menu, opener);
  part.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    event.stopPropagation();
    open(false);
    opener.focus();
  });
  document.addEventListener(
    "pointerdown",
    (event) => part.contains(event.target as Node) || menu.hidden || open(false),
    { signal: life },
  );
  return part;
}

function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
