/** Exact nearest neighbours by cosine, computed in 64-bit floats over the stored half floats. */

import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import path from "node:path";

import { toFloats } from "../browser/half.js";
import { DIMENSION } from "./mixture.mjs";

/** Neighbours kept for each query: of all rows, and of those that a filter leaves. */
export const NEIGHBOURS = { all: 100, tenth: 10, hundredth: 10 };

/** @typedef {keyof typeof NEIGHBOURS} Filter */

/**
 * Whether a filter leaves a row to a query. Row `r` has the metadata `tenth: r % 10` and `hundredth: r % 100`; query `q` asks for
 * its own number modulo the same.
 * @param {Filter} filter
 * @param {number} row
 * @param {number} query
 */
function passes(filter, row, query) {
  const modulus = { all: 1, tenth: 10, hundredth: 100 }[filter];
  return row % modulus === query % modulus;
}

/** The best rows so far, best first; of equal ones the first. */
class Best {
  /** @param {number} k */
  constructor(k) {
    this.k = k;
    /** @type {number[]} */
    this.rows = [];
    /** @type {number[]} */
    this.scores = [];
  }

  /**
   * @param {number} row
   * @param {number} score
   */
  offer(row, score) {
    if (this.rows.length === this.k && score <= (this.scores[this.k - 1] ?? 0)) {
      return;
    }
    let at = this.rows.length;
    while (at > 0 && (this.scores[at - 1] ?? 0) < score) {
      at -= 1;
    }
    this.rows.splice(at, 0, row);
    this.scores.splice(at, 0, score);
    if (this.rows.length > this.k) {
      this.rows.pop();
      this.scores.pop();
    }
  }
}

/**
 * Writes `n<size>/<filter>.i32.bin` for every size: row numbers, nearest first, as many for each query as {@link NEIGHBOURS} says, −1
 * where there are fewer.
 * @param {string} directory of a set
 * @param {number[]} sizes
 */
export function writeNeighbours(directory, sizes) {
  const queries = unit(toFloats(halves(readFileSync(path.join(directory, "queries.f16.bin")))));
  const count = queries.length / DIMENSION;
  const filters = /** @type {Filter[]} */ (Object.keys(NEIGHBOURS));
  const best = Array.from({ length: count }, () => filters.map((filter) => new Best(NEIGHBOURS[filter])));
  let row = 0;
  const base = openSync(path.join(directory, "base.f16.bin"), "r");
  for (const size of [...sizes].sort((a, b) => a - b)) {
    for (; row < size; row += 1) {
      const vector = unit(toFloats(halves(read(base, row))));
      best.forEach((lists, query) => {
        const score = dot(queries, query * DIMENSION, vector);
        filters.forEach((filter, i) => passes(filter, row, query) && lists[i]?.offer(row, score));
      });
    }
    mkdirSync(path.join(directory, `n${size}`), { recursive: true });
    filters.forEach((filter, i) => {
      const k = NEIGHBOURS[filter];
      const out = new Int32Array(count * k).fill(-1);
      best.forEach((lists, query) => out.set(lists[i]?.rows ?? [], query * k));
      writeFileSync(path.join(directory, `n${size}`, `${filter}.i32.bin`), out);
    });
  }
  closeSync(base);
}

/**
 * @param {Float64Array} a
 * @param {number} at
 * @param {Float64Array} b one row
 */
function dot(a, at, b) {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < DIMENSION; i += 4) {
    s0 += /** @type {number} */ (a[at + i]) * /** @type {number} */ (b[i]);
    s1 += /** @type {number} */ (a[at + i + 1]) * /** @type {number} */ (b[i + 1]);
    s2 += /** @type {number} */ (a[at + i + 2]) * /** @type {number} */ (b[i + 2]);
    s3 += /** @type {number} */ (a[at + i + 3]) * /** @type {number} */ (b[i + 3]);
  }
  return s0 + s1 + (s2 + s3);
}

/**
 * Rows of length 1, in 64 bits: rounding to half floats has moved them off the sphere.
 * @param {Float32Array} rows
 */
function unit(rows) {
  const out = Float64Array.from(rows);
  for (let at = 0; at < out.length; at += DIMENSION) {
    const row = out.subarray(at, at + DIMENSION);
    const norm = Math.sqrt(dot(out, at, row));
    row.forEach((component, i) => (row[i] = component / norm));
  }
  return out;
}

const buffer = Buffer.alloc(1_000 * 2 * DIMENSION);

/**
 * The bytes of one row; reads a thousand rows at a time.
 * @param {number} file
 * @param {number} row
 */
function read(file, row) {
  if (row % 1_000 === 0) {
    readSync(file, buffer, 0, buffer.length, row * 2 * DIMENSION);
  }
  const at = (row % 1_000) * 2 * DIMENSION;
  return buffer.subarray(at, at + 2 * DIMENSION);
}

/** @param {Buffer} bytes */
function halves(bytes) {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
}
