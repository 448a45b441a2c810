
// Colours. Told apart with normal sight, protanopia, deuteranopia and tritanopia alike (the first ten above
// all), at least 3:1 against the map in either theme; names always stand beside them.
const PALETTE = {
  light: ("2d71c7 d36b2d 118659 aa2f82 9c5311 4a41b8 2f91e2 a40834 579d79 9f7cb4 " +
    "5e5790 7b4264 b94644 8d364b 7861af 6a9c50 485ace 6b3c9a be6d9e a36380").split(" "),
  dark: ("5ca1fb ff9357 51b685 e264b4 d1844a 7a7af5 6eb9ff e45366 7ec59f c6a3dd " +
    "908ac7 b3769a ee7571 c96b7e a68fe1 90c476 768ffe a072d5 e993c6 d28eac").split(" "),
};
const NO_CLUSTER = [128, 134, 148];

const theme = { dark: false, colours: [], map: [0, 0, 0], ink: [0, 0, 0], line: [0, 0, 0] };

const channels = (hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
const rgba = ([r, g, b], alpha = 1) => `rgba(${r},${g},${b},${alpha})`;
const mix = (a, b, share) => a.map((value, at) => Math.round(value + (b[at] - value) * share));
const colourOf = (cluster) => (cluster ? theme.colours[cluster.index % theme.colours.length] : NO_CLUSTER);

function storedTheme() {
  try {
    return localStorage.getItem("graphnode-theme");
  } catch {
    return null;
  }
}

function storeTheme(name) {
  try {
    localStorage.setItem("graphnode-theme", name);
  } catch {
    // Storage may be off for pages on disk; the choice then lasts as long as the page.
  }
}

function applyTheme(dark) {
  const name = dark ? "dark" : "light";
  document.documentElement.dataset.theme = name;
  const style = getComputedStyle(document.documentElement);
  const read = (property) => channels(style.getPropertyValue(property).trim().slice(1));
  Object.assign(theme, { dark, map: read("--map"), ink: read("--ink"), line: read("--edge") });
  theme.colours = PALETTE[name].map(channels);
  for (const mark of document.querySelectorAll("[data-cluster]")) paint(mark);
}

// Colours an element as its cluster: style sheets cannot know the data, and inline styles are barred.
function paint(element) {
  element.style.setProperty("--cluster", rgba(colourOf(clusters[element.dataset.cluster])));
}

function startTheme(onChange) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const stored = storedTheme();
  let chosen = stored !== null;
  const set = (dark) => {
    applyTheme(dark);
    onChange();
  };
  set(chosen ? stored === "dark" : system.matches);
  system.addEventListener("change", () => chosen || set(system.matches));
  document.getElementById("theme").addEventListener("click", () => {
    chosen = true;
    storeTheme(theme.dark ? "light" : "dark");
    set(!theme.dark);
  });
}
