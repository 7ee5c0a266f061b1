import { lazy, Suspense } from "react";
import { formatMilliseconds } from "../../lib/format";
import { percentiles, useTimings } from "../../store/timings";
import { OPERATIONS } from "./operations";

/** The plot's library is only loaded by those who look at a plot. */
const TimingPlot = lazy(async () => ({ default: (await import("./timing-plot")).TimingPlot }));

/** How long the latest queries of this visit took: as points, and in numbers. */
export function TimingsPanel() {
  const timings = useTimings();
  return (
    <section className="panel timings" aria-labelledby="timings-title">
      <h2 id="timings-title">Queries of this visit</h2>
      <p className="dim">From the call to the answer, the embedding of the text included.</p>
      {timings.length === 0 ? (
        <p className="timings-empty">No queries yet. Search for something and come back.</p>
      ) : (
        <>
          <Suspense fallback={<div className="plot" />}>
            <TimingPlot timings={timings} />
          </Suspense>
          <table className="table compact">
            <thead>
              <tr>
                <th scope="col">Query</th>
                <th scope="col">Number</th>
                <th scope="col">Median</th>
                <th scope="col">95 %</th>
              </tr>
            </thead>
            <tbody>
              {OPERATIONS.map(({ operation, label }) => {
                const values = timings.filter((timing) => timing.operation === operation).map(({ milliseconds }) => milliseconds);
                const summary = percentiles(values);
                return summary ? (
                  <tr key={operation}>
                    <th scope="row">
                      <span className="swatch" data-operation={operation} />
                      {label}
                    </th>
                    <td>{values.length}</td>
                    <td>{formatMilliseconds(summary.median)}</td>
                    <td>{formatMilliseconds(summary.p95)}</td>
                  </tr>
                ) : null;
              })}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}
