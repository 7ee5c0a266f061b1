import { useMemo } from "react";
import type { Results, Search } from "../../benchmarks/results";
import { ENOUGH, growthSeries, type Measure, recallSeries, type Series, sizesOf, type Subject } from "../../benchmarks/series";
import { formatCount } from "../../lib/format";
import { ScrollRegion } from "../../components/scroll-region";
import { Chart } from "./chart";
import { formatMeasure, formatRecall, formatShort } from "./formats";
import { Swatch } from "./swatch";

interface FigureProps {
  results: Results;
  subjects: readonly Subject[];
  set: string;
}

const RECALL_AXIS = { label: "Recall of the ten nearest", isLogarithmic: false } as const;
const RATE_AXIS = { label: "Queries per second", format: formatShort };

/** What a store gives up for time: each of its settings is a point. */
export function RecallFigure({ results, subjects, set, n, filter }: FigureProps & { n: number; filter: Search["filter"] }) {
  const series = useMemo(() => recallSeries(results, subjects, set, n, filter), [results, subjects, set, n, filter]);
  return (
    <Figure title="Recall against queries per second" note="Up and to the right is better. A store without a choice is a point.">
      {series.length === 0 ? (
        <Nothing />
      ) : (
        <>
          <Chart label={`Recall against queries per second with ${formatCount(n)} vectors`} series={series} x={RECALL_AXIS} y={RATE_AXIS} />
          <ScrollRegion label="Table of recall and queries per second" className="scroll-box">
            <table className="table compact">
              <thead>
                <tr>
                  <th scope="col">Store</th>
                  <th scope="col">Setting</th>
                  <th scope="col">Recall</th>
                  <th scope="col">Queries/s</th>
                </tr>
              </thead>
              <tbody>
                {series.flatMap(({ subject, points }) =>
                  points.map(({ x, y, setting }, i) => (
                    <tr key={`${subject.key}-${i}`}>
                      <th scope="row">
                        <Swatch subject={subject} />
                        {subject.label}
                      </th>
                      <td>{setting ?? "–"}</td>
                      <td className={x < ENOUGH ? "dim" : undefined}>{formatRecall(x)}</td>
                      <td>{formatCount(y)}</td>
                    </tr>
                  )),
                )}
              </tbody>
            </table>
          </ScrollRegion>
        </>
      )}
    </Figure>
  );
}

/** How a measure grows with the number of vectors. */
export function GrowthFigure({ results, subjects, set, measure }: FigureProps & { measure: Measure }) {
  const sizes = useMemo(() => sizesOf(results, set), [results, set]);
  const series = useMemo(() => growthSeries(results, subjects, set, measure), [results, subjects, set, measure]);
  const x = useMemo(() => ({ label: "Vectors", isLogarithmic: true, ticks: sizes }), [sizes]);
  const y = useMemo(() => axisOf(measure), [measure]);
  return (
    <Figure title={measure.title} note={measure.note}>
      {series.length === 0 ? (
        <Nothing />
      ) : (
        <>
          <Chart label={`${measure.title} by the number of vectors`} series={series} x={x} y={y} />
          <ScrollRegion label={`Table: ${measure.title}`} className="scroll-box">
            <GrowthTable sizes={sizes} series={series} unit={measure.unit} />
          </ScrollRegion>
        </>
      )}
    </Figure>
  );
}

function GrowthTable({ sizes, series, unit }: { sizes: readonly number[]; series: readonly Series[]; unit: Measure["unit"] }) {
  return (
    <table className="table compact">
      <thead>
        <tr>
          <th scope="col">Store</th>
          {sizes.map((size) => (
            <th scope="col" key={size}>
              {formatShort(size)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {series.map(({ subject, points }) => (
          <tr key={subject.key}>
            <th scope="row">
              <Swatch subject={subject} />
              {subject.label}
            </th>
            {sizes.map((size) => (
              <td key={size}>{formatMeasure(points.find((point) => point.x === size)?.y, unit)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function axisOf({ title, unit }: Measure) {
  return { label: unit === "per second" ? `${title} a second` : title, format: unit === "per second" ? formatShort : (value: number) => formatMeasure(value, unit) };
}

function Figure({ title, note, children }: { title: string; note: string; children: React.ReactNode }) {
  return (
    <section className="panel figure" aria-label={title}>
      <h2>{title}</h2>
      <p className="dim">{note}</p>
      <div className="figure-body">{children}</div>
    </section>
  );
}

function Nothing() {
  return <p className="figure-empty">Not measured for this set.</p>;
}
