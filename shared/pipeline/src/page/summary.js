
// The summary tab: what the history is about, with ways from every sentence to its nodes.
function buildSummary() {
  const place = byId("summary");
  const told = raw.summary;
  if (!told) {
    place.append(el("p", { class: "muted" }, text.noSummary));
    return;
  }
  const parts = [
    el("p", { class: "prose lead" }, told.text),
    el("dl", { class: "figures" }, [["span", told.span], ["period", told.period], ["style", told.style]].flatMap(figure)),
    section(text.interests, list(told.interests.map(interest), "chips")),
    listed(text.patterns, told.patterns, pattern),
    listed(text.connections, told.connections, connection),
    listed(text.recommendations, told.recommendations, recommendation),
  ];
  place.append(...parts.filter(Boolean));
}

const listed = (title, some, card) => (isEmpty(some) ? null : section(title, ...some.map((one) => card(...one))));
const figure = ([name, value]) => (value && value !== "N/A" ? [el("dt", {}, text[name]), el("dd", {}, value)] : []);

// An interest that is a cluster's name leads there.
function interest(name) {
  const cluster = clusters.find((candidate) => candidate.name === name);
  if (!cluster) return el("span", { class: "chip" }, name);
  return button("chip", () => choose({ cluster }, true), dot(cluster), name);
}

function references(indices) {
  if (isEmpty(indices)) return null;
  return list(indices.slice(0, 5).map((index) => nodeButton(nodes[index])), "list tight");
}

function pattern(kind, words, evidence, level) {
  return el("article", { class: "card" }, heading(kind, level), el("p", { class: "prose" }, words), references(evidence));
}

function recommendation(kind, title, words, related, level) {
  const body = [el("h4", {}, title), el("p", { class: "prose" }, words), references(related)];
  return el("article", { class: "card" }, heading(kind, level), body);
}

const heading = (kind, level) => el("p", { class: "kind" },
  el("span", {}, text[kind] ?? kind), el("span", { class: `level ${level}` }, text[level]));

function connection(from, to, strength, terms, words) {
  const ends = [from, to].map((index) => clusters[index]);
  const lead = (cluster) => button("link", () => choose({ cluster }, true), dot(cluster), cluster.name);
  const pair = [lead(ends[0]), el("span", { "aria-hidden": "true" }, "↔"), lead(ends[1])];
  return el("article", { class: "card" }, el("div", { class: "ends" }, pair), meter(strength),
    el("p", { class: "prose" }, words), isEmpty(terms) ? null : keywordChips(terms));
}

function startTabs() {
  const tabs = ["topics", "summary"].map((name) => byId(`tab-${name}`));
  const open = (chosen) => {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
  };
  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      open(tab);
      openSheet(true);
    });
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tabs[1 - tabs.indexOf(tab)];
      open(other);
      other.focus();
    });
  }
  open(tabs[0]);
}
