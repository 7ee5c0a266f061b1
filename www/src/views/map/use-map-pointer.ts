import { useEffect, useEffectEvent, type RefObject } from "react";
import type { Box } from "../../map/camera";

type Position = [x: number, y: number];

interface MapPointer {
  /** Whether dragging selects; with Shift it always does */
  isSelecting: boolean;
  pan: (dx: number, dy: number) => void;
  zoom: (factor: number, at: Position) => void;
  hover: (at: Position | undefined) => void;
  press: (at: Position) => void;
  drawBox: (box: Box | undefined) => void;
  select: (box: Box, isMore: boolean) => void;
}

/** Pixels that a press may move without being a drag. */
const STILL = 4;

/** How much a turn of the wheel zooms; touchpads send many small ones. */
const WHEEL = 0.0018;

/** Wheel, drag and pinch on the map. */
export function useMapPointer(canvas: RefObject<HTMLCanvasElement | null>, handlers: MapPointer): void {
  const on = useEffectEvent((act: (handlers: MapPointer) => void) => act(handlers));
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    return listen(element, on);
  }, [canvas]);
}

function listen(element: HTMLCanvasElement, on: (act: (handlers: MapPointer) => void) => void): () => void {
  const pointers = new Map<number, Position>();
  let start: Position | undefined;
  let isBox = false;
  let isDrag = false;
  const position = ({ clientX, clientY }: PointerEvent | WheelEvent): Position => {
    const { left, top } = element.getBoundingClientRect();
    return [clientX - left, clientY - top];
  };
  const boxTo = ([x, y]: Position, [fromX, fromY]: Position): Box => ({ left: Math.min(x, fromX), top: Math.min(y, fromY), right: Math.max(x, fromX), bottom: Math.max(y, fromY) });

  const down = (event: PointerEvent) => {
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, position(event));
    start = position(event);
    isDrag = pointers.size > 1;
    on(({ isSelecting, drawBox }) => {
      isBox = pointers.size === 1 && (isSelecting || event.shiftKey);
      drawBox(undefined);
    });
  };
  const move = (event: PointerEvent) => {
    const to = position(event);
    const from = pointers.get(event.pointerId);
    if (!from) {
      on(({ hover }) => hover(to));
      return;
    }
    if (start && Math.hypot(to[0] - start[0], to[1] - start[1]) > STILL) isDrag = true;
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, to);
    on(({ pan, zoom, drawBox, hover }) => {
      if (other) {
        const distance = (a: Position) => Math.max(1, Math.hypot(a[0] - other[0], a[1] - other[1]));
        zoom(distance(to) / distance(from), [(to[0] + other[0]) / 2, (to[1] + other[1]) / 2]);
        pan((to[0] - from[0]) / 2, (to[1] - from[1]) / 2);
      } else if (isBox && start) {
        drawBox(boxTo(to, start));
      } else if (isDrag) {
        hover(undefined);
        pan(to[0] - from[0], to[1] - from[1]);
      }
    });
  };
  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    const to = position(event);
    const from = start;
    on(({ press, select, drawBox }) => {
      drawBox(undefined);
      if (event.type === "pointercancel" || pointers.size > 0) return;
      if (!isDrag) press(to);
      else if (isBox && from) select(boxTo(to, from), event.ctrlKey || event.metaKey);
    });
    isBox = false;
  };
  const leave = () => pointers.size === 0 && on(({ hover }) => hover(undefined));
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    // A pinch on a touchpad comes as a wheel with Ctrl, in small steps.
    on(({ zoom }) => zoom(Math.exp(-event.deltaY * lines * WHEEL * (event.ctrlKey ? 5 : 1)), position(event)));
  };
  const ending = new AbortController();
  const { signal } = ending;
  element.addEventListener("pointerdown", down, { signal });
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointerup", up, { signal });
  element.addEventListener("pointercancel", up, { signal });
  element.addEventListener("pointerleave", leave, { signal });
  element.addEventListener("wheel", wheel, { passive: false, signal });
  return () => ending.abort();
}
