/** Vectors with their exact neighbours, as records with a text and two keys to filter by. */

import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import path from "node:path";

import { toFloats } from "../browser/half.js";

const DIMENSION = 384;
const ROW_BYTES = DIMENSION * 2;

/**
 * @param {string} directory of the set
 * @param {number} rows
 */
export function openSet(directory, rows) {
  const queries = split(floats(readFileSync(path.join(directory, "queries.f16.bin"))));
  const file = openSync(path.join(directory, "base.f16.bin"), "r");
  process.once("exit", () => closeSync(file));
  /** @type {Map<string, Int32Array>} */
  const nearest = new Map();
  for (const filter of ["all", "tenth", "hundredth"]) {
    const bytes = readFileSync(path.join(directory, `n${rows}`, `${filter}.i32.bin`));
    nearest.set(filter, new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4));
  }
  return {
    rows,
    queries,
    filters: ["all", "tenth", "hundredth"],
    /**
     * @param {string} filter
     * @param {number} query
     * @returns {Record<string, number> | undefined}
     */
    where(filter, query) {
      return filter === "all" ? undefined : { [filter]: query % (filter === "tenth" ? 10 : 100) };
    },
    /** @param {number} first @param {number} count */
    records(first, count) {
      const bytes = Buffer.alloc(count * ROW_BYTES);
      readSync(file, bytes, 0, bytes.length, first * ROW_BYTES);
      const places = Array.from({ length: count }, (_, place) => first + place);
      return {
        ids: places.map((row) => `r${row}`),
        embeddings: split(floats(bytes)),
        documents: places.map((row) => `record ${row} of the set`),
        metadatas: places.map((row) => ({ tenth: row % 10, hundredth: row % 100 })),
      };
    },
    /** @param {string} filter @param {number} query */
    neighbours(filter, query) {
      const all = nearest.get(filter) ?? new Int32Array();
      const kept = all.length / queries.length;
      return [...all.subarray(query * kept, query * kept + 10)].filter((row) => row >= 0);
    },
  };
}

/** @param {Buffer} bytes */
function floats(bytes) {
  return toFloats(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
}

/** @param {Float32Array} matrix */
function split(matrix) {
  return Array.from({ length: matrix.length / DIMENSION }, (_, row) => Array.from(matrix.subarray(row * DIMENSION, (row + 1) * DIMENSION)));
}

/** @param {number[]} times */
export const median = (times) => percentile(times, 50);

/** @param {number[]} times @param {number} share in per cent */
export function percentile(times, share) {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))] ?? Number.NaN;
}
