// Colours. Told apart with normal sight, protanopia, deuteranopia and tritanopia alike (the first ten above all), at
// least 3:1 against the map in either theme; names always stand beside them.
import type { Cluster } from "./data";
import { memory } from "./dom";

export type Colour = [red: number, green: number, blue: number];

const LIGHT =
  "2d71c7 d36b2d 118659 aa2f82 9c5311 4a41b8 2f91e2 a40834 579d79 9f7cb4 " +
  "5e5790 7b4264 b94644 8d364b 7861af 6a9c50 485ace 6b3c9a be6d9e a36380";
const DARK =
  "5ca1fb ff9357 51b685 e264b4 d1844a 7a7af5 6eb9ff e45366 7ec59f c6a3dd " +
  "908ac7 b3769a ee7571 c96b7e a68fe1 90c476 768ffe a072d5 e993c6 d28eac";
const NO_CLUSTER: Colour = [128, 134, 148];

export const channels = (hex: string): Colour => [
  Number.parseInt(hex.slice(0, 2), 16),
  Number.parseInt(hex.slice(2, 4), 16),
  Number.parseInt(hex.slice(4, 6), 16),
];
export const rgba = ([red, green, blue]: Colour, alpha = 1): string => `rgba(${red},${green},${blue},${alpha})`;
export const hex = (colour: Colour): string =>
  `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

/** The colour `share` of the way from one to the other. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const between = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * share);
  return [between(0), between(1), between(2)];
}

const PALETTES = { light: LIGHT.split(" ").map(channels), dark: DARK.split(" ").map(channels) };

/** The colours in use. The style sheet has the same values for map, ink and line. */
export class Theme {
  isDark = false;
  map: Colour = channels("faf9f6");
  ink: Colour = channels("1c2230");
  line: Colour = channels("5b6478");
  private palette = PALETTES.light;

  use(isDark: boolean): void {
    const [map, ink, line] = isDark ? ["0f1219", "eceff6", "97a1b8"] : ["faf9f6", "1c2230", "5b6478"];
    this.isDark = isDark;
    this.map = channels(map as string);
    this.ink = channels(ink as string);
    this.line = channels(line as string);
    this.palette = isDark ? PALETTES.dark : PALETTES.light;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  }

  of(cluster: Cluster | null): Colour {
    return (cluster && this.palette[cluster.index % this.palette.length]) || NO_CLUSTER;
  }

  /** The colour of a cluster's name on the map: nearer to the ink, to be read. */
  label(cluster: Cluster): Colour {
    return mix(this.of(cluster), this.ink, this.isDark ? 0.55 : 0.5);
  }
}

/** The page's theme. */
export const theme = new Theme();

const changed = new Set<() => void>();
const system = matchMedia("(prefers-color-scheme: dark)");

/** Calls `listener` when the colours change, until `life` ends. */
export function onTheme(listener: () => void, life: AbortSignal): void {
  changed.add(listener);
  life.addEventListener("abort", () => changed.delete(listener));
}

function set(isDark: boolean): void {
  theme.use(isDark);
  for (const listener of changed) listener();
}

export function startTheme(): void {
  const stored = memory.get("theme");
  set(stored === null ? system.matches : stored === "dark");
  system.addEventListener("change", () => memory.get("theme") ?? set(system.matches));
}

export function switchTheme(): void {
  memory.set("theme", theme.isDark ? "light" : "dark");
  set(!theme.isDark);
}

/** Colours an element as its cluster: style sheets cannot know the data, and inline styles are barred. */
export function paintAs<E extends HTMLElement | SVGElement>(element: E, cluster: Cluster | null): E {
  element.dataset.cluster = String(cluster?.index ?? "");
  element.style.setProperty("--cluster", rgba(theme.of(cluster)));
  return element;
}

/** Colours again all that {@link paintAs} coloured. */
export function repaint(root: Element, clusters: Cluster[]): void {
  for (const element of root.querySelectorAll<HTMLElement | SVGElement>("[data-cluster]")) {
    const { cluster } = element.dataset;
    paintAs(element, cluster ? (clusters[Number(cluster)] ?? null) : null);
  }
}
