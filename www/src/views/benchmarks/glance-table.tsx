import type { Results, Row, Search } from "../../benchmarks/results";
import { bestSearch, ENOUGH, keyOf, type Subject, usualSearch } from "../../benchmarks/series";
import { ScrollRegion } from "../../components/scroll-region";
import { formatMeasure, formatRecall } from "./formats";
import { Swatch } from "./swatch";

/** A store a row: everything that was measured with so many vectors of a set. */
export function GlanceTable({ results, subjects, set, n }: { results: Results; subjects: readonly Subject[]; set: string; n: number }) {
  const rows = subjects.flatMap((subject) => {
    const row = results.rows.find((each) => keyOf(each) === subject.key && each.set === set && each.n === n);
    return row ? [{ subject, row }] : [];
  });
  return (
    <section className="glance" aria-label="At a glance">
      <h2>At a glance</h2>
      <p className="dim">
        Queries at the fastest setting with a recall of {ENOUGH} or more, else at the one that finds most. Recall where it is not 1 in
        brackets.
      </p>
      <ScrollRegion label="Table of everything that was measured" className="scroll-box">
        <table className="table compact">
          <thead>
            <tr>
              {["Store", "p50", "p99", "CPU", "First pass", "10 % filter", "1 % filter", "Stored/s", "100 more", "100 deleted", "Opens in", "Memory", "Wasm", "On disk", "Code"].map(
                (title) => (
                  <th scope="col" key={title}>
                    {title}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ subject, row }) => (
              <GlanceRow key={subject.key} subject={subject} row={row} />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <Failures rows={rows} />
    </section>
  );
}

function GlanceRow({ subject, row }: { subject: Subject; row: Row }) {
  const search = usualSearch(row, "all") ?? bestSearch(row, "all");
  const filtered = (filter: Search["filter"]) => withRecall(usualSearch(row, filter) ?? bestSearch(row, filter));
  return (
    <tr>
      <th scope="row">
        <Swatch subject={subject} />
        {subject.label} <span className="dim">{row.version}</span>
      </th>
      <td>{withRecall(search)}</td>
      <td>{formatMeasure(search?.p99_ms, "ms")}</td>
      <td>{formatMeasure(search?.cpu_ms, "ms")}</td>
      <td>{withRecall(row.cold_search ?? undefined)}</td>
      <td>{filtered("tenth")}</td>
      <td>{filtered("hundredth")}</td>
      <td>{formatMeasure(row.ingest?.vectors_per_second, "per second")}</td>
      <td>{formatMeasure(row.more?.ms, "ms")}</td>
      <td>{formatMeasure(row.remove?.ms, "ms")}</td>
      <td>{formatMeasure(row.cold_open?.ms, "ms")}</td>
      <td>{formatMeasure(row.memory?.renderer_bytes, "bytes")}</td>
      <td>{formatMeasure(row.memory?.wasm_bytes, "bytes")}</td>
      <td>{formatMeasure(row.stored_bytes, "bytes")}</td>
      <td>{formatMeasure(row.code_bytes, "bytes")}</td>
    </tr>
  );
}

function withRecall(search: Search | undefined): string {
  if (!search) return "–";
  const recall = search.recall > 0.9995 ? "" : ` (${formatRecall(search.recall)})`;
  return `${formatMeasure(search.p50_ms, "ms")}${recall}`;
}

/** What stores could not do, in their own words. */
function Failures({ rows }: { rows: readonly { subject: Subject; row: Row }[] }) {
  const failed = rows.flatMap(({ subject, row }) => (row.failure ? [{ subject, failure: row.failure }] : []));
  return (
    failed.length > 0 && (
      <ul className="failures">
        {failed.map(({ subject, failure }) => (
          <li key={subject.key}>
            <strong>{subject.label}</strong> failed at “{failure.stage}”: {failure.message}
          </li>
        ))}
      </ul>
    )
  );
}
