
// The part of the plane that is seen, and how it moves. `x`, `y` is the point in the middle of the canvas.
const canvas = document.getElementById("map");
const view = { x: 0, y: 0, scale: 300, fitScale: 300, width: 0, height: 0, ratio: 1, flight: null, isFitted: false };

const toScreenX = (x) => (x - view.x) * view.scale + view.width / 2;
const toScreenY = (y) => (y - view.y) * view.scale + view.height / 2;
const toWorldX = (x) => (x - view.width / 2) / view.scale + view.x;
const toWorldY = (y) => (y - view.height / 2) / view.scale + view.y;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function resize() {
  const { clientWidth, clientHeight } = canvas;
  const ratio = Math.min(devicePixelRatio || 1, 2.5);
  Object.assign(view, { width: clientWidth, height: clientHeight, ratio });
  canvas.width = Math.round(clientWidth * ratio);
  canvas.height = Math.round(clientHeight * ratio);
}

const shownPanels = () => [...document.querySelectorAll(".panel:not([hidden])")];

// What panels cover: no name is placed there.
const coveredBoxes = () => [...shownPanels(), document.getElementById("controls")].map((panel) => panel.getBoundingClientRect());

// The rectangle of the canvas that no panel covers.
function freeArea() {
  const area = { left: 0, top: 0, right: view.width, bottom: view.height };
  const narrow = view.width < 720;
  for (const panel of shownPanels()) {
    const box = panel.getBoundingClientRect();
    if (box.height === 0) continue;
    if (narrow) area.bottom = Math.min(area.bottom, box.top);
    else if (panel.id === "side") area.left = box.right;
    else area.right = box.left;
  }
  if (area.bottom - area.top < 80) area.bottom = view.height;
  return area;
}

// The view that shows the box of `some` nodes (at least `least` wide) in the free area, no closer than
// `closest` times the fit.
function viewOf(some, closest, least = 0.02) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y } of some) {
    Object.assign(box, { left: Math.min(box.left, x), right: Math.max(box.right, x) });
    Object.assign(box, { top: Math.min(box.top, y), bottom: Math.max(box.bottom, y) });
  }
  if (some.length === 0) Object.assign(box, { left: -1, top: -1, right: 1, bottom: 1 });
  const area = freeArea();
  const margin = clamp(Math.min(area.right - area.left, area.bottom) * 0.08, 24, 60);
  const scale = Math.min(
    (area.right - area.left - margin * 2) / Math.max(box.right - box.left, least),
    (area.bottom - area.top - margin * 2) / Math.max(box.bottom - box.top, least),
    closest * view.fitScale,
  );
  return centredOn((box.left + box.right) / 2, (box.top + box.bottom) / 2, Math.max(scale, 20));
}

// The view of `scale` with a point in the middle of the free area.
function centredOn(x, y, scale) {
  const area = freeArea();
  return {
    x: x - ((area.left + area.right) / 2 - view.width / 2) / scale,
    y: y - ((area.top + area.bottom) / 2 - view.height / 2) / scale,
    scale,
  };
}

function fitAll(animated) {
  const target = viewOf(nodes, Infinity, 0.8);
  view.fitScale = target.scale;
  moveTo(target, animated);
  view.isFitted = true;
}

function moveTo(target, animated = true) {
  view.isFitted = false;
  if (!animated || reducedMotion.matches) {
    Object.assign(view, target, { flight: null });
  } else {
    const from = { x: view.x, y: view.y, scale: view.scale };
    view.flight = { from, target, start: performance.now(), duration: 650 };
  }
  invalidate();
}

// One step of a flight; true while it lasts.
function advanceFlight(now) {
  if (!view.flight) return false;
  const { from, target, start, duration } = view.flight;
  const time = clamp((now - start) / duration, 0, 1);
  const eased = 1 - (1 - time) ** 3;
  view.scale = from.scale * (target.scale / from.scale) ** eased;
  // Moves with the change of scale, so that the way looks straight on the screen.
  const ratio = target.scale / from.scale;
  const share = Math.abs(ratio - 1) < 1e-3 ? eased : (1 - from.scale / view.scale) / (1 - 1 / ratio);
  view.x = from.x + (target.x - from.x) * share;
  view.y = from.y + (target.y - from.y) * share;
  if (time === 1) view.flight = null;
  return time < 1;
}

function flyTo(node) {
  moveTo(centredOn(node.x, node.y, Math.max(view.scale, view.fitScale * 2.2)));
}

const limited = (scale) => clamp(scale, view.fitScale * 0.4, view.fitScale * 40);

// Zooms and keeps the point under (`x`, `y`) where it is.
function zoomAt(factor, x = view.width / 2, y = view.height / 2) {
  Object.assign(view, { flight: null, isFitted: false });
  const scale = limited(view.scale * factor);
  view.x = toWorldX(x) - (x - view.width / 2) / scale;
  view.y = toWorldY(y) - (y - view.height / 2) / scale;
  view.scale = scale;
  invalidate();
}

function panBy(dx, dy) {
  Object.assign(view, { flight: null, isFitted: false });
  view.x = clamp(view.x - dx / view.scale, -2, 2);
  view.y = clamp(view.y - dy / view.scale, -2, 2);
  invalidate();
}

function zoomSmoothly(factor) {
  const area = freeArea();
  const [x, y] = [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
  const base = view.flight?.target.scale ?? view.scale;
  moveTo(centredOn(toWorldX(x), toWorldY(y), limited(base * factor)));
}
