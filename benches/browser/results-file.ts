/** The file of results: rows are added as they are measured, so that a run that is cut off keeps what it has. */

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { type Machine, parseResults, type Results, type Row, SCHEMA, type SetDescription } from "../../www/src/benchmarks/results";
import { TEXT_SCHEMA, type TextResults, type TextRow, type Times } from "./text-results";

const SETS = path.join(import.meta.dirname, "../../target/bench-data");

/** Adds a row, in place of an earlier one of the same store, place, set and size. */
export function addRow(file: string, row: Row, chromium: string): void {
  const results = existsSync(file) ? parseResults(readFileSync(file, "utf8")) : empty();
  const same = (other: Row) => keyOf(other) === keyOf(row);
  results.rows = [...results.rows.filter((other) => !same(other)), row];
  results.sets[row.set] = setOf(row.set);
  results.measured = row.measured;
  results.machine = machine(chromium);
  write(file, results);
}

/** The same for filters and texts. */
export function addTextRow(file: string, row: TextRow, chromium: string): void {
  const results = readTextResults(file);
  const same = (other: TextRow) => other.store === row.store && other.runs_in === row.runs_in && other.n === row.n;
  results.rows = [...results.rows.filter((other) => !same(other)), row];
  results.measured = row.measured;
  results.machine = machine(chromium);
  write(file, results);
}

function readTextResults(file: string): TextResults {
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as TextResults)
    : { schema: TEXT_SCHEMA, measured: "", machine: machine(null), shipped: null, rows: [] };
}

/** In one step: a reader never meets half of it. */
function write(file: string, results: Results | TextResults): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(results, undefined, 1)}\n`);
  renameSync(`${file}.part`, file);
}

const keyOf = ({ store, runs_in, set, n }: Row) => JSON.stringify([store, runs_in, set, n]);

function empty(): Results {
  return { schema: SCHEMA, measured: "", machine: machine(null), sets: {}, rows: [] };
}

function machine(chromium: string | null): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? "unknown",
    cores: cpus.length,
    memory_bytes: os.totalmem(),
    platform: `${os.type()} ${os.release()}`,
    chromium,
  };
}

function setOf(name: string): SetDescription {
  const { title, source, dimension, metric, queries } = JSON.parse(
    readFileSync(path.join(SETS, name, "set.json"), "utf8"),
  ) as SetDescription;
  return { title, source, dimension, metric, queries };
}

/** A row as lines for a person who waits for it. */
export function describeSearch(row: Row): string {
  const { store, runs_in, n, set, failure, ingest, cold_open, memory, stored_bytes, more } = row;
  const lines = row.search.map(
    ({ knob, filter, recall, p50_ms, p99_ms, cpu_ms }) =>
      `  ${filter.padEnd(9)} ${String(knob ?? "").padEnd(6)} recall ${number(recall, 3)}, p50 ${number(p50_ms, 2)} ms, p99 ${number(p99_ms, 2)} ms, CPU ${number(cpu_ms, 2)} ms`,
  );
  return [
    `${store} in a ${runs_in}, ${number(n)} × ${set}${describeFailure(failure)}`,
    `  ingest ${number(ingest?.vectors_per_second)} vectors/s (recall ${number(ingest?.recall, 3)}), ${number(ingest?.settle_ms)} ms behind, ${number(more?.vectors)} more durable in ${number(more?.ms)} ms`,
    ...lines,
    `  cold open ${number(cold_open?.ms)} ms, wasm memory ${number((memory?.wasm_bytes ?? 0) / 1e6)} MB, stored ${number((stored_bytes ?? 0) / 1e6)} MB`,
  ].join("\n");
}

/** The same for filters and texts. */
export function describeTexts(row: TextRow): string {
  const { store, runs_in, n, failure, ingest, cold_open, memory, stored_bytes } = row;
  const times = (name: string, { p50_ms, p99_ms, first_ms }: Times, answers: string) =>
    `  ${name.padEnd(24)} p50 ${number(p50_ms, 2)} ms, p99 ${number(p99_ms, 2)} ms, first ${number(first_ms, 2)} ms, ${answers}`;
  return [
    `${store} in a ${runs_in}, ${number(n)} records${describeFailure(failure)}`,
    `  ingest ${number(ingest?.records_per_second)} records/s, ${number(ingest?.settle_ms)} ms behind`,
    ...row.filters.map((filter) => times(`${filter.operation}, ${filter.answer}`, filter, `right ${number(filter.right, 3)}`)),
    ...row.rankings.map((each) => times(each.ranking, each, `nDCG@10 ${number(each.ndcg, 3)}, of BM25 ${number(each.bm25_overlap, 3)}`)),
    `  cold open ${number(cold_open?.ms)} ms, wasm memory ${number((memory?.wasm_bytes ?? 0) / 1e6)} MB, stored ${number((stored_bytes ?? 0) / 1e6, 1)} MB`,
  ].join("\n");
}

function describeFailure(failure: Row["failure"]): string {
  return failure ? `: FAILED at ${failure.stage}: ${failure.message}` : "";
}

function number(value: number | null | undefined, digits = 0): string {
  return value == null ? "–" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
