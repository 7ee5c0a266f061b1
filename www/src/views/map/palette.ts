import { CATEGORIES, RAMP, RAMP_STEPS } from "../../map/colours";
import type { Rgb } from "../../map/raster";

/** Colours of the style sheet along the ramp, from the least value to the most. */
const RAMP_STOPS = 3;

/** The colours of points in the theme of an element: see `map/colours.ts` for what has which number. */
export function readPalette(element: HTMLElement): Rgb[] {
  const probe = document.createElement("span");
  element.append(probe);
  const read = (name: string): Rgb => {
    probe.style.color = `var(--${name})`;
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue];
  };
  const categories = Array.from({ length: CATEGORIES }, (_, i) => read(`map-${String(i + 1)}`));
  const stops = Array.from({ length: RAMP_STOPS }, (_, i) => read(`map-ramp-${String(i + 1)}`));
  const rest = read("map-rest");
  const other = read("map-other");
  probe.remove();
  const palette = [rest, ...categories, other];
  for (let step = 0; step < RAMP_STEPS; step++) palette[RAMP + step] = between(stops, step / (RAMP_STEPS - 1));
  return palette;
}

function between(stops: readonly Rgb[], share: number): Rgb {
  const at = share * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const [from = [0, 0, 0], to = [0, 0, 0]] = stops.slice(low, low + 2);
  const mix = (i: 0 | 1 | 2): number => from[i] + (to[i] - from[i]) * (at - low);
  return [mix(0), mix(1), mix(2)];
}
