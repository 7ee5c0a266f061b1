import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "../../lib/theme";
import type { Timing } from "../../store/timings";
import { OPERATIONS } from "./operations";

/** Also said by the style sheet, which keeps the place while the plot loads. */
const HEIGHT = 220;

/** One point a query, in the order in which they were asked; the table below it says the same in numbers. */
export function TimingPlot({ timings }: { timings: readonly Timing[] }) {
  const host = useRef<HTMLDivElement>(null);
  const [theme] = useTheme();
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const plot = new uPlot(optionsFor(element), columnsOf(timings), element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
    // The theme is not read: the colours come from the style sheet, which changes with it.
  }, [timings, theme]);
  return <div ref={host} className="plot" role="img" aria-label={`Milliseconds of the latest ${timings.length} queries`} />;
}

/** Column 0 is the number of the query, then one column an operation, with gaps where the query was another one. */
function columnsOf(timings: readonly Timing[]): uPlot.AlignedData {
  return [
    timings.map((_, i) => i + 1),
    ...OPERATIONS.map(({ operation }) => timings.map((timing) => (timing.operation === operation ? timing.milliseconds : null))),
  ];
}

function optionsFor(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour("--plot-text"),
    grid: { stroke: colour("--plot-line"), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [{ ...axis, space: 60, incrs: [1, 2, 5, 10, 20, 50, 100] }, { ...axis, size: 60, values: (_plot, values) => values.map((value) => `${value} ms`) }],
    series: [
      {},
      ...OPERATIONS.map(({ operation, label }): uPlot.Series => {
        const stroke = colour(`--plot-${operation}`);
        return { label, stroke, paths: () => null, points: { show: true, size: 7, fill: stroke } };
      }),
    ],
  };
}
