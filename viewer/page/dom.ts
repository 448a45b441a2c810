// Elements without markup: all text goes in as text, so no title of a conversation can become anything else.

export type Child = Node | string | null | undefined | false;
export type Listener = (event: Event) => void;
type Property = string | number | boolean | null | undefined | Listener;

/** Until when listeners on things that outlive one graph are kept. */
export type Life = AbortSignal;

const SVG = "http://www.w3.org/2000/svg";

/** An element; properties are attributes, or listeners where their name begins with `on`. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Record<string, Property> = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  return dress(document.createElement(tag), properties, children);
}

/** The same for a part of a drawing. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  properties: Record<string, Property> = {},
  ...children: (Child | Child[])[]
): SVGElementTagNameMap[K] {
  return dress(document.createElementNS(SVG, tag), properties, children);
}

function dress<E extends Element>(element: E, properties: Record<string, Property>, children: (Child | Child[])[]): E {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, String(value));
  }
  add(element, ...children);
  return element;
}

/** Appends what is there. */
export function add(parent: Element, ...children: (Child | Child[])[]): void {
  for (const child of children.flat()) if (child) parent.append(child);
}

export function button(look: string, onclick: Listener, ...children: (Child | Child[])[]): HTMLButtonElement {
  return el("button", { type: "button", class: look, onclick }, ...children);
}

const ICONS = {
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  cross: "M6 6l12 12M18 6 6 18",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5l5 5",
  save: "M12 4v11M7.5 11 12 15.5 16.5 11M5 19.5h14",
  theme: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17v17",
  filter: "M4 6h16M7 12h10M10 18h4",
  back: "M14.5 5.5 8 12l6.5 6.5",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7M10.5 11v5M13.5 11v5",
  upload: "M12 16V5M7 9.5 12 4.5l5 5M4.5 16v3.5h15V16",
} as const;

/** A drawing that says nothing by itself: the button around it has the words. */
export function icon(name: keyof typeof ICONS): SVGSVGElement {
  return svg("svg", { viewBox: "0 0 24 24", class: "glyph", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

/** A button that is only a drawing, with its words for those who do not see it. */
export function iconButton(name: keyof typeof ICONS, label: string, onclick: Listener, look = ""): HTMLButtonElement {
  const made = button(`icon ${look}`.trim(), onclick, icon(name));
  made.setAttribute("aria-label", label);
  made.title = label;
  return made;
}

/** The mark of GraphNode. */
export function mark(): SVGSVGElement {
  const disc = (look: string, cx: number, cy: number, r: number) => svg("circle", { class: look, cx, cy, r });
  return svg(
    "svg",
    { viewBox: "0 0 32 32", class: "mark", "aria-hidden": "true" },
    svg("path", { d: "M9 10 22 7M9 10l5 13M22 7l-8 16M14 23l11-4M22 7l3 12" }),
    [disc("a", 9, 10, 4.5), disc("b", 22, 7, 3), disc("c", 14, 23, 3.6), disc("d", 25, 19, 2.6)],
  );
}

export const list = (entries: Child[], look = "list"): HTMLUListElement =>
  el(
    "ul",
    { class: look },
    entries.filter(Boolean).map((entry) => el("li", {}, entry)),
  );

export const section = (title: string, ...children: (Child | Child[])[]): HTMLElement =>
  el("section", {}, el("h3", {}, title), ...children);

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** What the browser remembers between visits; pages on disk may be allowed none. */
export const memory = {
  get(name: string): string | null {
    try {
      return localStorage.getItem(`graphnode-${name}`);
    } catch {
      return null;
    }
  },
  set(name: string, value: string): void {
    try {
      localStorage.setItem(`graphnode-${name}`, value);
    } catch {
      // The choice then lasts as long as the page.
    }
  },
};

export const isStill = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
