import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { COLOURS, type Series } from "../../benchmarks/series";
import { useTheme } from "../../lib/theme";
import { formatShort } from "./formats";

/** Also said by the style sheet, which keeps the place. */
const HEIGHT = 280;

interface ChartProps {
  /** Said to those who cannot see it; the table beside it holds the same numbers. */
  label: string;
  series: readonly Series[];
  x: { label: string; isLogarithmic: boolean; ticks?: readonly number[] };
  y: { label: string; format: (value: number) => string };
}

/** Lines over a logarithmic height, one a store. */
export function Chart({ label, series, x, y }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const [theme] = useTheme();
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const plot = new uPlot(optionsFor(element, { label, series, x, y }), columnsOf(series), element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
    // The theme is not read: the colours come from the style sheet, which changes with it.
  }, [label, series, x, y, theme]);
  return <div ref={host} className="chart" role="img" aria-label={label} />;
}

/** uPlot wants one column of places for all series: the places of all points in order, each held by one series. */
function columnsOf(series: readonly Series[]): uPlot.AlignedData {
  const points = series.flatMap(({ points: own }, owner) => own.map((point) => ({ ...point, owner })));
  points.sort((a, b) => a.x - b.x || b.y - a.y);
  return [points.map((point) => point.x), ...series.map((_, owner) => points.map((point) => (point.owner === owner ? point.y : null)))];
}

function optionsFor(element: HTMLElement, { series, x, y }: ChartProps): uPlot.Options {
  const style = getComputedStyle(element);
  const colourOf = (name: string) => resolveColour(element, name);
  const axis: uPlot.Axis = {
    stroke: colourOf("--plot-text"),
    grid: { stroke: colourOf("--plot-line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
    labelFont: `12px ${style.fontFamily}`,
    labelSize: 22,
  };
  const { ticks } = x;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: x.isLogarithmic ? { time: false, distr: 3, range: spread } : { time: false, range: shares(series) },
      y: { distr: 3, range: spread },
    },
    axes: [
      { ...axis, label: x.label, ...(ticks && { splits: [...ticks], filter: (_plot, splits) => splits }), values: (_plot, values) => values.map(x.isLogarithmic ? formatTick : (value) => value.toFixed(2)) },
      { ...axis, label: y.label, size: 66, splits: (_plot, _axis, low, high) => roundNumbers(low, high), filter: (_plot, splits) => splits, values: (_plot, values) => values.map((value: number | null) => (value === null ? "" : y.format(value))) },
    ],
    series: [
      {},
      ...series.map(({ subject }): uPlot.Series => {
        const stroke = colourOf(`--series-${(subject.colour % COLOURS) + 1}`);
        const isFirst = subject.colour < COLOURS;
        const points: uPlot.Series.Points = { show: true, size: 8, fill: isFirst ? stroke : colourOf("--surface"), ...(!isFirst && { width: 2 }) };
        return { label: subject.label, stroke, width: 2, ...(!isFirst && { dash: [6, 4] }), spanGaps: true, points };
      }),
    ],
  };
}

const formatTick = (value: number | null) => (value === null ? "" : formatShort(value));

/** 1, 2 and 5 times the powers of ten in a range, or the powers alone where there are many. */
function roundNumbers(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
  const all = powers.length > 4 ? powers : powers.flatMap((power) => [power, 2 * power, 5 * power]);
  return all.filter((number) => number >= low && number <= high);
}

/** From a little below the least to all of it; never so near that small differences look large. */
function shares(series: readonly Series[]): [number, number] {
  const least = Math.min(...series.flatMap(({ points }) => points.map(({ x }) => x)));
  return [Math.min(0.9, least - 0.01), 1.005];
}

/** Some room on both sides; a single value has some too. */
function spread(_plot: uPlot, low: number | null, high: number | null): [number, number] {
  return [(low ?? 1) / 1.5, (high ?? 10) * 1.5];
}

/** A custom property as a colour that a canvas takes: it may be a pair of colours. */
function resolveColour(element: HTMLElement, property: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
