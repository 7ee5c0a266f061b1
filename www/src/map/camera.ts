/** Where the map is looked at: places to pixels and back, and which points are where. */

export interface Camera {
  /** The place in the middle */
  x: number;
  y: number;
  /** Pixels of a unit */
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export type Direction = "left" | "right" | "up" | "down";

const MARGIN = 0.08;

/** How often the whole fits into what is seen at the closest. */
const CLOSEST = 400;

/** Shows all points. */
export function fitted(places: Float32Array, { width, height }: Size): Camera {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < places.length; at += 2) {
    const x = places[at] ?? 0;
    const y = places[at + 1] ?? 0;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  if (places.length === 0) return { x: 0, y: 0, scale: 1 };
  const room = 1 - 2 * MARGIN;
  const scale = Math.min((width * room) / Math.max(right - left, 1e-6), (height * room) / Math.max(bottom - top, 1e-6));
  return { x: (left + right) / 2, y: (top + bottom) / 2, scale: Math.min(scale, 1e6) };
}

export const toScreen = ({ x, y, scale }: Camera, { width, height }: Size, px: number, py: number): [x: number, y: number] => [
  (px - x) * scale + width / 2,
  (py - y) * scale + height / 2,
];

/** Closer or farther by a factor, about a point of the screen that stays where it is. */
export function zoomed(camera: Camera, size: Size, factor: number, at: [x: number, y: number], whole: Camera): Camera {
  const scale = Math.min(Math.max(camera.scale * factor, whole.scale / 2), whole.scale * CLOSEST);
  const [dx, dy] = [at[0] - size.width / 2, at[1] - size.height / 2];
  return { x: camera.x + dx / camera.scale - dx / scale, y: camera.y + dy / camera.scale - dy / scale, scale };
}

export const panned = (camera: Camera, dx: number, dy: number): Camera => ({
  ...camera,
  x: camera.x - dx / camera.scale,
  y: camera.y - dy / camera.scale,
});

/** The point nearest to a place on the screen, if one is within reach. */
export function pointAt(places: Float32Array, camera: Camera, size: Size, at: [x: number, y: number], reach: number): number | undefined {
  const x = camera.x + (at[0] - size.width / 2) / camera.scale;
  const y = camera.y + (at[1] - size.height / 2) / camera.scale;
  let best = (reach / camera.scale) ** 2;
  let found: number | undefined;
  for (let i = 0; i < places.length; i += 2) {
    const square = ((places[i] ?? 0) - x) ** 2 + ((places[i + 1] ?? 0) - y) ** 2;
    if (square < best) {
      best = square;
      found = i / 2;
    }
  }
  return found;
}

/** The points in a box of the screen. */
export function pointsIn(places: Float32Array, camera: Camera, size: Size, { left, top, right, bottom }: Box): number[] {
  const found: number[] = [];
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = toScreen(camera, size, places[i] ?? 0, places[i + 1] ?? 0);
    if (x >= left && x <= right && y >= top && y <= bottom) found.push(i / 2);
  }
  return found;
}

/** The next point in a direction: the nearest one, of which what lies aside counts as farther. */
export function nextPoint(places: Float32Array, from: number, direction: Direction): number | undefined {
  const [dx, dy] = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[direction] as [number, number];
  const [x, y] = [places[2 * from] ?? 0, places[2 * from + 1] ?? 0];
  let best = Infinity;
  let found: number | undefined;
  for (let i = 0; i < places.length; i += 2) {
    const [ox, oy] = [(places[i] ?? 0) - x, (places[i + 1] ?? 0) - y];
    const ahead = ox * dx + oy * dy;
    const aside = Math.abs(ox * dy) + Math.abs(oy * dx);
    if (ahead <= 0 || aside > ahead) continue;
    const cost = ahead + 2 * aside;
    if (cost < best) {
      best = cost;
      found = i / 2;
    }
  }
  return found;
}
