/** Results as charts and tables want them. */

import type { Results, Row, Search } from "./results";

/** Recall that a store is compared at: what users are content with. */
export const ENOUGH = 0.95;

/** A store in one of the places that it was measured in. */
export interface Subject {
  key: string;
  label: string;
  version: string;
  /** Which of the colours is its own, the same in all charts. */
  colour: number;
}

/** How many there are. Who comes after has one of them again, with dashed lines and hollow points. */
export const COLOURS = 10;

/** Our own first, then by name; what runs natively after all that a page can have. */
export function subjectsOf({ rows }: Results): Subject[] {
  const places = new Map<string, Set<string>>();
  for (const { store, runs_in } of rows) {
    places.set(store, (places.get(store) ?? new Set()).add(runs_in));
  }
  const found = new Map<string, Omit<Subject, "colour">>();
  for (const row of rows) {
    const place = { page: "from a page", worker: "in a worker", native: "native" }[row.runs_in];
    const label = row.runs_in === "native" || (places.get(row.store)?.size ?? 0) > 1 ? `${row.store}, ${place}` : row.store;
    found.set(keyOf(row), { key: keyOf(row), label, version: row.version });
  }
  const rank = ({ label }: { label: string }) => (label.endsWith(", native") ? 2 : 0) + (label.startsWith("chromatid") ? 0 : 1);
  return [...found.values()]
    .sort((a, b) => rank(a) - rank(b) || a.label.localeCompare(b.label))
    .map((subject, colour) => ({ ...subject, colour }));
}

export const keyOf = ({ store, runs_in }: Pick<Row, "store" | "runs_in">) => `${store}/${runs_in}`;

/** Sizes that a set was measured with, ascending. */
export function sizesOf({ rows }: Results, set: string): number[] {
  return [...new Set(rows.filter((row) => row.set === set).map(({ n }) => n))].sort((a, b) => a - b);
}

/** The fastest setting that finds enough; `undefined` for a store that never does. */
export function usualSearch(row: Row, filter: Search["filter"]): Search | undefined {
  const enough = row.search.filter((search) => search.filter === filter && search.recall >= ENOUGH);
  return enough.sort((a, b) => a.p50_ms - b.p50_ms)[0];
}

/** The setting that finds most. */
export function bestSearch(row: Row, filter: Search["filter"]): Search | undefined {
  return row.search.filter((search) => search.filter === filter).sort((a, b) => b.recall - a.recall)[0];
}

export interface Point {
  x: number;
  y: number;
  /** How the store was set, where it offers a choice. */
  setting?: string;
}

/** The points of one subject. */
export interface Series {
  subject: Subject;
  points: Point[];
}

/** Recall against queries per second, a point for each setting. */
export function recallSeries(results: Results, subjects: readonly Subject[], set: string, n: number, filter: Search["filter"]): Series[] {
  return collect(results, subjects, (row) =>
    row.set === set && row.n === n
      ? row.search
          .filter((search) => search.filter === filter)
          .map(({ recall, queries_per_second, knob }) => ({ x: recall, y: queries_per_second, ...(knob !== null && { setting: String(knob) }) }))
      : [],
  );
}

/** One number of a row, and how people read it. */
export interface Measure {
  name: string;
  title: string;
  note: string;
  unit: "ms" | "bytes" | "per second";
  of: (row: Row) => number | null | undefined;
}

function settledRate({ n, ingest }: Row): number | null {
  return ingest && n / ((ingest.add_ms + ingest.persist_ms + ingest.settle_ms) / 1000);
}

export const MEASURES: readonly Measure[] = [
  { name: "p50", title: "Median query", note: `k = 10, at the fastest setting with a recall of ${ENOUGH} or more`, unit: "ms", of: (row) => usualSearch(row, "all")?.p50_ms },
  { name: "open", title: "Opening to the first answer", note: "after the page was loaded anew; less what an empty page takes", unit: "ms", of: (row) => row.cold_open?.ms },
  { name: "ingest", title: "Vectors stored", note: "until all are durable and found", unit: "per second", of: (row) => row.ingest?.vectors_per_second },
  { name: "settled", title: "Vectors stored and indexed", note: "until the work in the background is done too", unit: "per second", of: settledRate },
  { name: "more", title: "100 more vectors made durable", note: "in one write to a store of that size", unit: "ms", of: (row) => row.more?.ms },
  { name: "wasm", title: "WebAssembly memory", note: "of its modules, after storing and searching; it never shrinks", unit: "bytes", of: (row) => row.memory?.wasm_bytes },
  { name: "memory", title: "Memory", note: "growth of the process after storing and searching", unit: "bytes", of: (row) => row.memory?.renderer_bytes },
  { name: "stored", title: "Bytes stored", note: "files and IndexedDB of the origin", unit: "bytes", of: (row) => row.stored_bytes },
];

/** A measure by the number of vectors. */
export function growthSeries(results: Results, subjects: readonly Subject[], set: string, measure: Measure): Series[] {
  return collect(results, subjects, (row) => {
    const y = row.set === set ? measure.of(row) : null;
    // Logarithmic axes have no place for anything else.
    return y != null && y > 0 ? [{ x: row.n, y }] : [];
  });
}

function collect({ rows }: Results, subjects: readonly Subject[], points: (row: Row) => Point[]): Series[] {
  return subjects
    .map((subject) => {
      const own = rows.filter((row) => keyOf(row) === subject.key).flatMap(points);
      return { subject, points: own.sort((a, b) => a.x - b.x || b.y - a.y) };
    })
    .filter(({ points: own }) => own.length > 0);
}
