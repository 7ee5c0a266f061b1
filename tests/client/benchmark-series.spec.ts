/** What the charts of the benchmarks show of a file of results. */

import { expect, test } from "@playwright/test";
import { parseResults, type Results, type Row, type Search } from "../../www/src/benchmarks/results";
import { growthSeries, MEASURES, recallSeries, sizesOf, subjectsOf, usualSearch } from "../../www/src/benchmarks/series";

const search = (knob: number, recall: number, p50_ms: number, filter: Search["filter"] = "all"): Search => ({
  ...{ knob, filter, queries: 200, recall, p50_ms, p99_ms: 2 * p50_ms, mean_ms: p50_ms },
  ...{ queries_per_second: 1000 / p50_ms, cpu_ms: null },
});

const row = (store: string, runs_in: Row["runs_in"], n: number, own: Partial<Row> = {}): Row => ({
  ...{ store, version: "1.0.0", runs_in, set: "a-set", n, measured: "2026-01-01T00:00:00Z", load_average: 0.5, failure: null },
  ...{ ingest: null, search: [], cold_search: null, more: null, remove: null, cold_open: null, memory: null },
  ...{ stored_bytes: null, code_bytes: null, ...own },
});

const results = (...rows: Row[]): Results => ({
  schema: 1,
  measured: "2026-01-01T00:00:00Z",
  machine: { cpu: "a processor", cores: 2, memory_bytes: 1, platform: "a system", chromium: null },
  sets: { "a-set": { title: "A set", source: "", dimension: 2, metric: "cosine", queries: 200 } },
  rows,
});

test("a store that was measured in two places is two subjects, and our own come first", () => {
  const all = results(row("a peer", "worker", 10), row("chromatid", "worker", 10), row("chromatid", "page", 10), row("chromatid", "page", 20));
  expect(subjectsOf(all).map(({ label }) => label)).toEqual(["chromatid, from a page", "chromatid, in a worker", "a peer"]);
  expect(sizesOf(all, "a-set")).toEqual([10, 20]);
});

test("what runs natively comes last, so that each store that a page can have has a colour of its own", () => {
  const all = results(row("chromatid", "native", 10), row("faiss", "native", 10), row("voy", "worker", 10), row("chromatid", "page", 10));
  expect(subjectsOf(all).map(({ label, colour }) => [label, colour])).toEqual([["chromatid, from a page", 0], ["voy", 1], ["chromatid, native", 2], ["faiss, native", 3]]);
});

test("a store is compared at its fastest setting with enough recall", () => {
  const measured = row("a peer", "worker", 10, { search: [search(10, 0.9, 1), search(20, 0.96, 2), search(40, 0.99, 3), search(20, 0.99, 1, "tenth")] });
  expect(usualSearch(measured, "all")?.knob).toBe(20);
  expect(usualSearch(measured, "hundredth")).toBeUndefined();
  expect(usualSearch(row("a peer", "worker", 10, { search: [search(10, 0.9, 1)] }), "all")).toBeUndefined();
});

test("every setting of one size is a point of the recall chart, in the order of recall", () => {
  const all = results(row("a peer", "worker", 10, { search: [search(40, 0.99, 4), search(10, 0.9, 1)] }), row("a peer", "worker", 20, { search: [search(10, 0.5, 1)] }));
  const [series] = recallSeries(all, subjectsOf(all), "a-set", 10, "all");
  expect(series?.points).toEqual([
    { x: 0.9, y: 1000, setting: "10" },
    { x: 0.99, y: 250, setting: "40" },
  ]);
});

test("growth leaves out what was not measured and what a logarithmic axis cannot show", () => {
  const opened = (ms: number) => ({ cold_open: { first_answer_ms: ms + 5, empty_ms: 5, ms } });
  const all = results(row("a", "worker", 20, opened(8)), row("a", "worker", 10, opened(4)), row("b", "worker", 10, opened(-1)), row("c", "worker", 10));
  const measure = MEASURES.find(({ name }) => name === "open");
  expect(measure && growthSeries(all, subjectsOf(all), "a-set", measure).map(({ subject, points }) => [subject.label, points])).toEqual([
    ["a", [{ x: 10, y: 4 }, { x: 20, y: 8 }]],
  ]);
});

test("what is indexed in the background counts apart from what is durable and found", () => {
  const ingest = { add_ms: 400, persist_ms: 100, settle_ms: 500, vectors_per_second: 20, recall: 1, cpu_ms: null };
  const measured = row("a", "worker", 10, { ingest });
  const of = (name: string) => MEASURES.find((measure) => measure.name === name)?.of(measured);
  expect([of("ingest"), of("settled")]).toEqual([20, 10]);
});

test("a file that holds something else is refused with a sentence", () => {
  const good = results(row("a", "worker", 10, { search: [search(1, 1, 1)] }));
  expect(parseResults(JSON.stringify(good))).toEqual(good);
  for (const text of ["", "[]", "{}", JSON.stringify({ ...good, schema: 2 }), JSON.stringify({ ...good, machine: null })]) {
    expect(() => parseResults(text), text).toThrow(/^This file/);
  }
  const broken = { ...good, rows: [{ ...good.rows[0], search: [{ recall: "much" }] }] };
  expect(() => parseResults(JSON.stringify(broken))).toThrow("A row of these results is not complete.");
});
