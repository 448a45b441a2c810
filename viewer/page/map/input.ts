// Pointer, wheel, touch and keys on the map.
import type { GraphNode } from "../data";
import { isStill } from "../dom";
import type { State } from "../state";
import type { GraphMap } from "./map";

/** Pixels a pointer may wander and still click. */
const CLICK = 5;
const FINGER = 14;

/** Listens on the stage of `map`; `point` is told what the pointer is over. */
export function listen(
  map: GraphMap,
  state: State,
  point: (node: GraphNode | null, x: number, y: number) => void,
): void {
  const { stage } = map;
  const pointers = new Map<number, { x: number; y: number }>();
  let dragged = 0;

  const place = (event: MouseEvent) => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    dragged = pointers.size > 1 ? Infinity : 0;
    point(null, 0, 0);
  });

  stage.addEventListener("pointermove", (event) => {
    const { x, y } = place(event);
    const last = pointers.get(event.pointerId);
    if (!last) {
      const node = map.isDrawn ? map.places.at(x, y, 3, map.view) : null;
      stage.classList.toggle("pointing", node !== null);
      state.hover(node);
      point(node, x, y);
      return;
    }
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    dragged += Math.hypot(x - last.x, y - last.y);
    if (other) {
      const distance = (at: { x: number; y: number }) => Math.max(Math.hypot(at.x - other.x, at.y - other.y), 1);
      map.zoom(distance({ x, y }) / distance(last), (x + other.x) / 2, (y + other.y) / 2);
      map.pan((x - last.x) / 2, (y - last.y) / 2);
    } else if (dragged > CLICK) {
      stage.classList.add("dragging");
      map.pan(x - last.x, y - last.y);
    }
    pointers.set(event.pointerId, { x, y });
  });

  const lift = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    stage.classList.remove("dragging");
    if (event.type === "pointercancel" || dragged > CLICK || pointers.size > 0 || !map.isDrawn) return;
    const { x, y } = place(event);
    const node = map.places.at(x, y, event.pointerType === "touch" ? FINGER : 3, map.view);
    state.choose(node ? { node } : {});
  };
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("pointerleave", () => {
    if (pointers.size > 0) return;
    state.hover(null);
    point(null, 0, 0);
  });

  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      const { x, y } = place(event);
      map.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), x, y);
      point(null, 0, 0);
    },
    { passive: false },
  );
  stage.addEventListener("dblclick", (event) => zoomStep(map, 1.8, place(event)));
  stage.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 200 : 60;
    const ways: Record<string, [number, number]> = {
      ArrowLeft: [step, 0],
      ArrowRight: [-step, 0],
      ArrowUp: [0, step],
      ArrowDown: [0, -step],
    };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    map.pan(...way);
  });
}

/** One step closer or farther: as a flight about the middle, or at once about a point. */
export function zoomStep(map: GraphMap, factor: number, at?: { x: number; y: number }): void {
  if (at || isStill()) map.zoom(factor, at?.x ?? map.view.width / 2, at?.y ?? map.view.height / 2);
  else map.go(map.view.zoomed(factor));
}
