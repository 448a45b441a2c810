
// The side list, the search results and the detail panel. All text goes in as text, never as markup.
const byId = (id) => document.getElementById(id);
const [detail, side, topics, hitList] = ["detail", "side", "topics", "hits"].map(byId);
const MOST_HITS = 60;

// An element with properties (`class`, `on…` listeners, attributes) and children; strings become text.
function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const button = (look, onclick, ...children) => el("button", { type: "button", class: look, onclick }, ...children);
const section = (title, ...children) => el("section", {}, el("h3", {}, title), ...children);
const chips = (terms) => list(terms.map((term) => el("span", { class: "chip" }, term)), "chips");
const isEmpty = (list) => list.length === 0;

// A small disc in the cluster's colour.
function dot(cluster) {
  const mark = el("span", { class: "dot", "aria-hidden": "true", "data-cluster": cluster?.index });
  if (cluster) paint(mark);
  return mark;
}

// A button that leads to a node, and shows where it is while hovered or focused.
function nodeButton(node, note, extra) {
  const point = (to) => () => hover(to);
  return el("button", {
    type: "button", class: "row", onclick: () => choose({ node }, true),
    onpointerenter: point(node), onpointerleave: point(null), onfocus: point(node), onblur: point(null),
  }, dot(node.cluster), el("span", { class: "grow" }, el("span", { class: "title" }, node.title),
    note ? el("span", { class: "note" }, note) : null), extra);
}

const list = (entries, look = "list") => el("ul", { class: look }, entries.map((entry) => el("li", {}, entry)));
const nodeList = (some, note = dateOf) => list(some.map((node) => nodeButton(node, note(node))));

function clusterButton(cluster, extra) {
  return el("button", {
    type: "button", class: "row topic", "data-topic": cluster.index, "aria-pressed": "false",
    onclick: () => choose(state.cluster === cluster ? {} : { cluster }, true),
  }, dot(cluster), el("span", { class: "grow title" }, cluster.name), extra);
}

// How much of something, as a bar that repeats the number beside it.
function meter(share) {
  const bar = el("span", { class: "meter", "aria-hidden": "true" }, el("span", {}));
  bar.firstChild.style.width = `${Math.round(clamp(share, 0, 1) * 100)}%`;
  return bar;
}

function buildTopics() {
  const largest = Math.max(1, ...clusters.map((cluster) => cluster.nodes.length));
  const row = (cluster) => {
    const count = el("span", { class: "count" }, String(cluster.nodes.length));
    const entry = clusterButton(cluster, count);
    const bar = meter(cluster.nodes.length / largest);
    bar.dataset.cluster = cluster.index;
    paint(bar);
    entry.append(bar);
    return entry;
  };
  topics.append(list(clusters.map(row)));
}

function showHits(matches) {
  byId("browse").hidden = matches !== null;
  hitList.hidden = matches === null;
  byId("status").textContent = matches ? text.hits(matches.length) : "";
  hitList.replaceChildren();
  if (!matches) return;
  hitList.append(el("h3", {}, text.hits(matches.length)), nodeList(matches.slice(0, MOST_HITS), hitNote));
  if (matches.length > MOST_HITS) hitList.append(el("p", { class: "muted" }, text.more(matches.length - MOST_HITS)));
}

const hitNote = (node) => node.keywords.slice(0, 4).join(" · ");

function showDetail() {
  const content = state.node ? nodeDetail(state.node) : state.cluster ? clusterDetail(state.cluster) : null;
  detail.hidden = content === null;
  document.body.classList.toggle("has-detail", content !== null);
  detail.replaceChildren(...(content ?? []));
  detail.scrollTop = 0;
  for (const entry of topics.querySelectorAll("[data-topic]")) {
    const isChosen = chosenCluster()?.index === Number(entry.dataset.topic);
    entry.setAttribute("aria-pressed", String(isChosen));
    if (isChosen) entry.scrollIntoView({ block: "nearest" });
  }
}

function closeButton() {
  const cross = byId("cross").content.cloneNode(true);
  return el("button", { type: "button", class: "icon close", "aria-label": text.close, onclick: () => choose({}) }, cross);
}

function nodeDetail(node) {
  const { cluster } = node;
  const eyebrow = cluster
    ? button("eyebrow link", () => choose({ cluster }, true), dot(cluster), cluster.name)
    : null;
  const near = node.links.slice(0, 8).map(({ node: other, edge }) => {
    const shared = isEmpty(edge.shared) ? dateOf(other) : `${text.shared}: ${edge.shared.join(", ")}`;
    const weight = el("span", { class: "weight", title: text.similarity }, `${edge.percent}%`, meter(edge.percent / 100));
    return nodeButton(other, shared, weight);
  });
  return [
    el("header", {}, el("div", { class: "top" }, eyebrow, closeButton()), el("h2", {}, node.title),
      facts([dateOf(node), text.messages(node.messages), text[node.source]])),
    isEmpty(node.keywords) ? null : section(text.keywords, keywordChips(node.keywords)),
    section(text.neighbours, isEmpty(near) ? el("p", { class: "muted" }, text.noNeighbours) : list(near)),
  ].filter(Boolean);
}

const facts = (some) => el("p", { class: "facts" }, some.filter(Boolean).map((fact) => el("span", {}, fact)));

// Keywords as buttons: each filters the map by itself.
function keywordChips(terms) {
  return list(terms.map((term) => button("chip", () => search(term), term)), "chips");
}

function clusterDetail(cluster) {
  const some = cluster.nodes;
  const linked = linkedClusters(cluster);
  const known = cluster.recency && cluster.recency !== "unknown";
  const badge = known ? el("span", { class: `badge ${cluster.recency}` }, text[cluster.recency]) : null;
  return [
    el("header", {}, el("div", { class: "top" }, el("span", { class: "eyebrow" }, dot(cluster), text.topic), closeButton()),
      el("h2", {}, cluster.name), facts([text.nodes(some.length), spanOf(some), badge])),
    cluster.description ? el("p", { class: "prose" }, cluster.description) : null,
    cluster.insight && cluster.insight !== cluster.description ? el("p", { class: "prose quote" }, cluster.insight) : null,
    isEmpty(cluster.themes) ? null : section(text.themes, keywordChips(cluster.themes)),
    isEmpty(cluster.questions) ? null : section(text.questions, chips(cluster.questions)),
    isEmpty(some) ? null : section(text.notable, nodeList(notableOf(cluster))),
    isEmpty(linked) ? null : section(text.linked, list(linked)),
    isEmpty(some) ? null : el("details", {}, el("summary", {}, `${text.all} (${some.length})`), nodeList([...some].sort(byDay))),
  ].filter(Boolean);
}

// The clusters most edges lead to.
function linkedClusters(cluster) {
  const counts = new Map();
  for (const { node: { cluster: other } } of cluster.nodes.flatMap((node) => node.links)) {
    if (other && other !== cluster) counts.set(other, (counts.get(other) ?? 0) + 1);
  }
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 4);
  return most.map(([other, count]) => clusterButton(other, el("span", { class: "count" }, String(count))));
}

function showTooltip(node, x, y) {
  const tooltip = byId("tooltip");
  tooltip.hidden = !node;
  if (!node) return;
  const lines = [`${dateOf(node)} · ${text.messages(node.messages)}`, node.keywords.slice(0, 5).join(" · ")];
  tooltip.replaceChildren(el("strong", {}, node.title), ...lines.map((line) => el("span", { class: "note" }, line)));
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const left = clamp(x + 16, 8, view.width - width - 8);
  const top = y + 18 + height > view.height ? y - height - 14 : y + 18;
  tooltip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}
