import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type Ref } from "react";
import { plural } from "../../lib/format";
import { useTheme } from "../../lib/theme";
import { fitted, panned, pointAt, pointsIn, toScreen, zoomed, type Box, type Camera, type Size } from "../../map/camera";
import { radiusOf, rasterise, type Rgb } from "../../map/raster";
import { useMapKeys } from "./use-map-keys";
import { useMapPointer } from "./use-map-pointer";
import { readPalette } from "./palette";

/** What buttons beside the map do with it. */
export interface MapHandle {
  zoom: (factor: number) => void;
  fit: () => void;
  /** The points in sight */
  visible: () => number[];
}

export interface PointCanvasProps {
  places: Float32Array;
  colours: Uint8Array;
  selected: ReadonlySet<number>;
  hits: readonly number[];
  current: number | undefined;
  isSelecting: boolean;
  ref: Ref<MapHandle>;
  onCurrent: (point: number | undefined, position: [x: number, y: number] | undefined) => void;
  onOpen: (point: number) => void;
  onSelect: (points: readonly number[], isMore: boolean) => void;
  onToggle: (point: number) => void;
  onClear: () => void;
}

/** Beyond this nobody sees a difference, and each pixel costs. */
const MOST_DENSITY = 2;

/** How near to a point the pointer has to be, in pixels. */
const REACH = 12;

/** The points on a canvas, which is moved, zoomed and selected from by pointer and keys. */
export function PointCanvas(props: PointCanvasProps) {
  const { places, colours, selected, hits, current, isSelecting, ref, onCurrent } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const [moved, setMoved] = useState<Camera>();
  const [box, setBox] = useState<Box>();
  const [palette, setPalette] = useState<Rgb[]>([]);
  const [theme] = useTheme();

  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // The theme is not read: it says when the style sheet's colours are others.
  useLayoutEffect(() => setPalette(readPalette(canvas.current?.parentElement ?? document.body)), [theme]);

  const whole = fitted(places, size);
  const camera = moved ?? whole;
  const zoom = (factor: number, at: [number, number] = [size.width / 2, size.height / 2]) =>
    setMoved((before) => zoomed(before ?? whole, size, factor, at, whole));
  const pan = (dx: number, dy: number) => setMoved((before) => panned(before ?? whole, dx, dy));
  const fit = () => setMoved(undefined);
  const visible = () => pointsIn(places, camera, size, { left: 0, top: 0, right: size.width, bottom: size.height });
  useImperativeHandle(ref, () => ({ zoom, fit, visible }));

  const show = (point: number | undefined) => onCurrent(point, point === undefined ? undefined : positionOf(point));
  const positionOf = (point: number): [number, number] => toScreen(camera, size, places[2 * point] ?? 0, places[2 * point + 1] ?? 0);
  const goTo = (point: number) => {
    const [x, y] = positionOf(point);
    const isIn = x > 0 && y > 0 && x < size.width && y < size.height;
    if (!isIn) pan(size.width / 2 - x, size.height / 2 - y);
    onCurrent(point, isIn ? [x, y] : [size.width / 2, size.height / 2]);
  };
  const at = (position: [number, number]) => pointAt(places, camera, size, position, REACH);
  useMapPointer(canvas, {
    isSelecting,
    pan,
    zoom,
    hover: (position) => show(position && at(position)),
    press: (position) => {
      const point = at(position);
      if (point !== undefined) props.onOpen(point);
    },
    drawBox: setBox,
    select: (area, isMore) => props.onSelect(pointsIn(places, camera, size, area), isMore),
  });
  const onKeyDown = useMapKeys({ ...props, middle: () => pointAt(places, camera, size, [size.width / 2, size.height / 2], Infinity), goTo, zoom, pan, fit });

  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const context = canvas.current?.getContext("2d");
      if (!canvas.current || !context || size.width === 0 || palette.length === 0) return;
      const density = Math.min(devicePixelRatio, MOST_DENSITY);
      const radius = radiusOf(colours.length, camera.scale / whole.scale);
      const drawn = drawPoints(context, { places, colours, palette, selected }, camera, size, density, radius);
      canvas.current.dataset.drawn = String(drawn);
      context.setTransform(density, 0, 0, density, 0, 0);
      const style = getComputedStyle(canvas.current);
      const ring = (point: number, reach: number, width: number) => {
        const [x, y] = toScreen(camera, size, places[2 * point] ?? 0, places[2 * point + 1] ?? 0);
        context.lineWidth = width;
        context.beginPath();
        context.arc(x, y, reach, 0, 2 * Math.PI);
        context.stroke();
      };
      // The colour of the text, which stands out from every point in both themes.
      context.strokeStyle = style.color;
      hits.forEach((point) => ring(point, radius + 3.5, 1.75));
      if (current !== undefined) ring(current, radius + 6, 2.5);
    });
    return () => cancelAnimationFrame(frame);
  });

  return (
    <>
      <canvas
        ref={canvas}
        className="map-canvas"
        tabIndex={0}
        // eslint-disable-next-line jsx-a11y/no-interactive-element-to-noninteractive-role -- the points are drawn, and keys go from one to the next: no other element has both
        role="application"
        aria-roledescription="Map"
        aria-label={`Map of ${plural(colours.length, "record")}`}
        aria-describedby="map-keys"
        data-selecting={isSelecting || undefined}
        data-hits={hits.length}
        onKeyDown={onKeyDown}
        onBlur={() => show(undefined)}
      />
      {box && <span className="map-box" style={{ left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top }} />}
    </>
  );
}

interface Drawn {
  places: Float32Array;
  colours: Uint8Array;
  palette: readonly Rgb[];
  selected: ReadonlySet<number>;
}

/** Puts the points on the canvas; answers how many are in sight. */
function drawPoints(context: CanvasRenderingContext2D, { places, colours, palette, selected }: Drawn, camera: Camera, size: Size, density: number, radius: number): number {
  const { canvas } = context;
  const width = Math.round(size.width * density);
  const height = Math.round(size.height * density);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const image = imageFor(context, width, height);
  const prominent = selected.size === 0 ? undefined : new Uint8Array(colours.length);
  if (prominent) for (const point of selected) prominent[point] = 1;
  const drawn = rasterise(image, { places, colours, palette, prominent }, camera, size, density, radius);
  context.putImageData(image, 0, 0);
  return drawn;
}

let latestImage: ImageData | undefined;

/** Megabytes that need not be made anew for each frame. */
function imageFor(context: CanvasRenderingContext2D, width: number, height: number): ImageData {
  if (latestImage?.width !== width || latestImage.height !== height) latestImage = context.createImageData(width, height);
  return latestImage;
}
