/** Points as pixels. A canvas takes milliseconds for some thousand arcs; written straight into its bytes, 100,000 discs are a frame. */

import { toScreen, type Camera, type Size } from "./camera";

export type Rgb = readonly [red: number, green: number, blue: number];

export interface Points {
  places: Float32Array;
  /** For each point which of the palette's colours it has */
  colours: Uint8Array;
  palette: readonly Rgb[];
  /** 1 for the points that stand out; without, all do */
  prominent: Uint8Array | undefined;
}

/** Of a disc: pixels from its middle, and how much of each it covers. */
interface Stamp {
  radius: number;
  x: Int8Array;
  y: Int8Array;
  cover: Float32Array;
}

/** Opacity of a point, and of one that does not stand out while others do. */
const OPACITY = 0.8;
const FADED = 0.14;

/** How large points are, in pixels of the page: larger the fewer there are, and the closer one looks. */
export function radiusOf(count: number, zoom: number): number {
  const base = count > 20_000 ? 1.3 : count > 4000 ? 1.9 : count > 500 ? 2.8 : 4;
  return Math.min(7, base * Math.max(1, Math.sqrt(zoom)) ** 0.6);
}

/** Draws into the pixels of an image, whose size is that of the view times `density`; answers how many points it shows. */
export function rasterise(image: { data: Uint8ClampedArray; width: number; height: number }, points: Points, camera: Camera, size: Size, density: number, radius: number): number {
  image.data.fill(0);
  const stamp = stampOf(radius * density);
  let drawn = 0;
  // What stands out comes last, over the rest.
  const passes = points.prominent ? [0, 1] : [1];
  for (const pass of passes) {
    const opacity = pass === 1 ? OPACITY : FADED;
    for (let i = 0; i < points.colours.length; i++) {
      if (points.prominent && points.prominent[i] !== pass) continue;
      const [x, y] = toScreen(camera, size, points.places[2 * i] ?? 0, points.places[2 * i + 1] ?? 0);
      if (x < 0 || y < 0 || x > size.width || y > size.height) continue;
      drawn++;
      const colour = points.palette[points.colours[i] ?? 0];
      if (colour) press(image, stamp, Math.round(x * density), Math.round(y * density), colour, opacity);
    }
  }
  return drawn;
}

function press({ data, width, height }: { data: Uint8ClampedArray; width: number; height: number }, { x, y, cover }: Stamp, cx: number, cy: number, [red, green, blue]: Rgb, opacity: number): void {
  for (let i = 0; i < cover.length; i++) {
    const px = cx + (x[i] as number);
    const py = cy + (y[i] as number);
    if (px < 0 || py < 0 || px >= width || py >= height) continue;
    const at = (py * width + px) * 4;
    const above = (cover[i] as number) * opacity;
    const below = ((data[at + 3] as number) / 255) * (1 - above);
    const alpha = above + below;
    // Colours of an image are not multiplied by their opacity.
    data[at] = (red * above + (data[at] as number) * below) / alpha;
    data[at + 1] = (green * above + (data[at + 1] as number) * below) / alpha;
    data[at + 2] = (blue * above + (data[at + 2] as number) * below) / alpha;
    data[at + 3] = alpha * 255;
  }
}

let latest: Stamp | undefined;

/** A disc with soft edges; kept, as all points of a frame have the same. */
function stampOf(radius: number): Stamp {
  if (latest?.radius === radius) return latest;
  const reach = Math.ceil(radius);
  const pixels: [x: number, y: number, cover: number][] = [];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(x, y)));
      if (cover > 0) pixels.push([x, y, cover]);
    }
  }
  latest = {
    radius,
    x: Int8Array.from(pixels, ([x]) => x),
    y: Int8Array.from(pixels, ([, y]) => y),
    cover: Float32Array.from(pixels, ([, , cover]) => cover),
  };
  return latest;
}
