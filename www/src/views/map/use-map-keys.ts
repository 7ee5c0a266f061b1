import type { KeyboardEvent } from "react";
import { nextPoint, type Direction } from "../../map/camera";
import type { PointCanvasProps } from "./point-canvas";

const ARROWS: Readonly<Record<string, Direction>> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const STEP = 60;
const SHIFTS: Readonly<Record<Direction, readonly [dx: number, dy: number]>> = { left: [STEP, 0], right: [-STEP, 0], up: [0, STEP], down: [0, -STEP] };
const ZOOMS: Readonly<Record<string, number>> = { "+": 1.5, "=": 1.5, "-": 1 / 1.5, _: 1 / 1.5 };

interface MapKeys extends Pick<PointCanvasProps, "places" | "current" | "onOpen" | "onToggle" | "onClear"> {
  /** The point nearest to the middle, where the keys begin */
  middle: () => number | undefined;
  goTo: (point: number) => void;
  zoom: (factor: number) => void;
  pan: (dx: number, dy: number) => void;
  fit: () => void;
}

/** From point to point by arrows, with Shift moves the map; `+`, `-` and `0` zoom, Space selects, Enter opens. */
export function useMapKeys({ places, current, middle, goTo, zoom, pan, fit, onOpen, onToggle, onClear }: MapKeys): (event: KeyboardEvent) => void {
  const arrow = (direction: Direction, isShift: boolean) => {
    if (isShift) {
      pan(...SHIFTS[direction]);
      return;
    }
    const next = current === undefined ? middle() : nextPoint(places, current, direction);
    if (next !== undefined) goTo(next);
  };
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    const factor = ZOOMS[event.key];
    if (direction) arrow(direction, event.shiftKey);
    else if (factor !== undefined) zoom(factor);
    else if (event.key === "0" || event.key === "Home") fit();
    else if (event.key === " " && current !== undefined) onToggle(current);
    else if (event.key === "Enter" && current !== undefined) onOpen(current);
    else if (event.key === "Escape") onClear();
    else return;
    event.preventDefault();
  };
}
