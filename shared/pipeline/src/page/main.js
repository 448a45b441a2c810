
// What is chosen, hovered and searched, and what people do to change it.
const state = { node: null, cluster: null, hovered: null, matches: null, lit: null, started: false };
const searchBox = byId("search");
const pointers = new Map();
let travels = false;
let dragged = 0;
let returnTo = null;

const chosenCluster = () => state.cluster ?? state.node?.cluster ?? null;
const isClusterLit = (cluster) => !state.lit || cluster.nodes.some((node) => state.lit.has(node));

// The nodes that stand out; null when all do.
function litNodes() {
  if (state.matches) return new Set(state.matches);
  if (state.node) return new Set([state.node, ...state.node.links.map((link) => link.node)]);
  return state.cluster ? new Set(state.cluster.nodes) : null;
}

function refresh() {
  state.lit = litNodes();
  invalidate();
}

function hover(node) {
  if (state.hovered === node) return;
  state.hovered = node;
  invalidate();
}

// Chooses a node, a cluster or nothing. The address fragment is the truth; back and forward work.
function choose({ node, cluster }, fly = false) {
  const fragment = node ? `#node=${node.id}` : cluster ? `#cluster=${encodeURIComponent(cluster.id)}` : "#";
  travels = fly;
  if ((location.hash || "#") === fragment) applyFragment();
  else location.hash = fragment;
}

function applyFragment(animated = true) {
  const [kind, value = ""] = location.hash.slice(1).split("=");
  const id = decode(value);
  const wasInDetail = detail.contains(document.activeElement);
  const fromPanel = travels || document.activeElement?.closest(".panel");
  if (detail.hidden) returnTo = document.activeElement;
  state.node = kind === "node" ? nodes.find((node) => String(node.id) === id) ?? null : null;
  state.cluster = kind === "cluster" ? clusters.find((cluster) => cluster.id === id) ?? null : null;
  state.hovered = null;
  showTooltip(null);
  const chosen = state.node ?? state.cluster;
  if (chosen) openSheet(false);
  showDetail();
  if (chosen && fromPanel) detail.focus({ preventScroll: true });
  else if (!chosen && wasInDetail && returnTo?.isConnected) returnTo.focus({ preventScroll: true });
  if (chosen) bringIntoView(animated);
  travels = false;
  refresh();
}

function decode(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}

// Moves where asked to, or where a panel would hide what was chosen.
function bringIntoView(animated) {
  const { node, cluster } = state;
  if (cluster && (travels || !animated)) moveTo(viewOf(cluster.nodes, 2.4), animated);
  if (!node) return;
  const area = freeArea();
  const [x, y] = [toScreenX(node.x), toScreenY(node.y)];
  const isHidden = x < area.left + 20 || x > area.right - 20 || y < area.top + 20 || y > area.bottom - 20;
  if (!animated) moveTo(centredOn(node.x, node.y, view.fitScale * 2.2), false);
  else if (travels) flyTo(node);
  else if (isHidden) moveTo(centredOn(node.x, node.y, view.scale));
}

function search(query) {
  searchBox.value = query;
  state.matches = nodesMatching(query);
  showHits(state.matches);
  if (state.matches) openSheet(true);
  refresh();
}

function openSheet(open) {
  side.classList.toggle("open", open);
  byId("sheet").setAttribute("aria-expanded", String(open));
}

function onSearchKey(event) {
  if (event.key === "Enter" && state.matches?.length > 0) choose({ node: state.matches[0] }, true);
  if (event.key === "ArrowDown") hitList.querySelector("button")?.focus();
  if (event.key === "ArrowDown" || event.key === "Enter") event.preventDefault();
}

function onPageKey(event) {
  if (event.key === "Escape") escape(event);
  if (event.target === searchBox || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    searchBox.focus();
  }
  if (event.key === "+" || event.key === "=") zoomSmoothly(1.4);
  if (event.key === "-") zoomSmoothly(1 / 1.4);
  if (event.key === "0") fitAll(true);
}

function escape(event) {
  event.preventDefault();
  if (searchBox.value) search("");
  else if (state.node || state.cluster) choose({});
}

function onMapKey(event) {
  const step = event.shiftKey ? 200 : 60;
  const way = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
  if (!way) return;
  event.preventDefault();
  panBy(...way);
}

function onWheel(event) {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 16 : 1;
  zoomAt(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), event.offsetX, event.offsetY);
}

function onPointerDown(event) {
  if (event.button !== 0) return;
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  dragged = pointers.size > 1 ? Infinity : 0;
  showTooltip(null);
}

function onPointerMove(event) {
  const [x, y] = [event.offsetX, event.offsetY];
  const last = pointers.get(event.pointerId);
  if (!last) return pointAt(x, y);
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  dragged += Math.hypot(x - last.x, y - last.y);
  if (other) {
    const distance = (point) => Math.max(Math.hypot(point.x - other.x, point.y - other.y), 1);
    zoomAt(distance({ x, y }) / distance(last), (x + other.x) / 2, (y + other.y) / 2);
    panBy((x - last.x) / 2, (y - last.y) / 2);
  } else if (dragged > 4) {
    canvas.classList.add("dragging");
    panBy(x - last.x, y - last.y);
  }
  pointers.set(event.pointerId, { x, y });
}

function pointAt(x, y) {
  const node = nodeAt(x, y, 3);
  canvas.classList.toggle("pointing", node !== null);
  hover(node);
  showTooltip(node, x, y);
}

function onPointerUp(event) {
  if (!pointers.delete(event.pointerId)) return;
  canvas.classList.remove("dragging");
  if (event.type === "pointercancel" || dragged > 4 || pointers.size > 0) return;
  const node = nodeAt(event.offsetX, event.offsetY, event.pointerType === "touch" ? 14 : 3);
  if (event.pointerType === "touch") openSheet(false);
  choose(node ? { node } : {});
}

function onPointerLeave() {
  if (pointers.size > 0) return;
  hover(null);
  showTooltip(null);
}

function sayWords() {
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text[element.dataset.text];
  for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = text[element.dataset.hint];
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text[element.dataset.label]);
    if (element.matches("button")) element.title = text[element.dataset.label];
  }
  const parts = [text.nodes(nodes.length), text.topicCount(clusters.length)];
  byId("counts").textContent = parts.join(" · ");
  byId("empty").hidden = nodes.length > 0;
}

function listen() {
  const onMap = {
    pointerdown: onPointerDown, pointermove: onPointerMove, pointerup: onPointerUp, pointercancel: onPointerUp,
    pointerleave: onPointerLeave, keydown: onMapKey, dblclick: (event) => zoomAt(1.8, event.offsetX, event.offsetY),
  };
  for (const [kind, listener] of Object.entries(onMap)) canvas.addEventListener(kind, listener);
  canvas.addEventListener("wheel", onWheel, { passive: false });
  document.addEventListener("keydown", onPageKey);
  searchBox.addEventListener("input", () => search(searchBox.value));
  searchBox.addEventListener("keydown", onSearchKey);
  const onClick = {
    "zoom-in": () => zoomSmoothly(1.6), "zoom-out": () => zoomSmoothly(1 / 1.6), fit: () => fitAll(true),
    sheet: () => openSheet(!side.classList.contains("open")),
  };
  for (const [id, listener] of Object.entries(onClick)) byId(id).addEventListener("click", listener);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    openSheet(true);
    byId("tab-topics").focus();
  });
  addEventListener("hashchange", () => applyFragment());
  addEventListener("resize", () => {
    resize();
    if (view.isFitted) fitAll(false);
    invalidate();
  });
}

function start() {
  sayWords();
  prepareMap();
  startTheme(() => {
    paintGlow();
    invalidate();
  });
  buildTopics();
  buildSummary();
  startTabs();
  resize();
  fitAll(false);
  listen();
  applyFragment(false);
}

start();
