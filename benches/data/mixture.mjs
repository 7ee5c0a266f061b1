/**
 * The synthetic set: a mixture of gaussians of low rank, normalised. Embeddings of text lie near a manifold of far fewer
 * dimensions than they have components; a mixture with independent components would be harder than any of them.
 */

import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import path from "node:path";

import { toHalf } from "../browser/half.js";
import { gaussians, uniforms } from "../browser/random.js";

export const DIMENSION = 384;

/** Components of the mixture. */
const CENTERS = 1_000;
/** Directions in which the rows of one component vary. */
const RANK = 24;
/** Standard deviation along those directions together, and of the noise over all components together; a center has length 1. */
const SPREAD = 0.9;
const NOISE = 0.3;

const BLOCK = 1_000;

/** The components: their centers, and the directions, scaled so that each has a share in the spread. */
function components() {
  const next = gaussians(7);
  const vectors = (/** @type {number} */ count, /** @type {number} */ length) =>
    Float32Array.from({ length: count * DIMENSION }, () => (next() * length) / Math.sqrt(DIMENSION));
  return { centers: vectors(CENTERS, 1), directions: vectors(CENTERS * RANK, SPREAD / Math.sqrt(RANK)) };
}

/**
 * Rows `[block * BLOCK, (block + 1) * BLOCK)` as half floats. A block depends on its number alone, so that a smaller set is the
 * beginning of a larger one.
 * @param {ReturnType<typeof components>} mixture
 * @param {number} block
 */
function blockOf({ centers, directions }, block) {
  const uniform = uniforms(1_000_003 + 2 * block);
  const next = gaussians(1_000_004 + 2 * block);
  const out = new Uint16Array(BLOCK * DIMENSION);
  const row = new Float64Array(DIMENSION);
  for (let r = 0; r < BLOCK; r += 1) {
    const center = Math.floor(uniform() * CENTERS);
    for (let i = 0; i < DIMENSION; i += 1) {
      row[i] = (centers[center * DIMENSION + i] ?? 0) + (NOISE / Math.sqrt(DIMENSION)) * next();
    }
    for (let d = 0; d < RANK; d += 1) {
      const along = next();
      const at = (center * RANK + d) * DIMENSION;
      for (let i = 0; i < DIMENSION; i += 1) {
        row[i] = (row[i] ?? 0) + along * (directions[at + i] ?? 0);
      }
    }
    const norm = Math.sqrt(row.reduce((sum, component) => sum + component * component, 0));
    for (let i = 0; i < DIMENSION; i += 1) {
      out[r * DIMENSION + i] = toHalf((row[i] ?? 0) / norm);
    }
  }
  return out;
}

/**
 * Writes `base.f16.bin` with at least `rows` rows, and `queries.f16.bin`, which no row is in.
 * @param {string} directory
 * @param {number} rows
 * @param {number} queries
 */
export function writeMixture(directory, rows, queries) {
  const mixture = components();
  // Far behind any block of rows.
  write(path.join(directory, "queries.f16.bin"), [blockOf(mixture, 1_000_000).subarray(0, queries * DIMENSION)]);
  write(path.join(directory, "base.f16.bin"), blocks(mixture, Math.ceil(rows / BLOCK)));
}

/**
 * @param {ReturnType<typeof components>} mixture
 * @param {number} count
 */
function* blocks(mixture, count) {
  for (let block = 0; block < count; block += 1) {
    yield blockOf(mixture, block);
  }
}

/**
 * A file that exists is complete.
 * @param {string} file
 * @param {Iterable<Uint16Array>} parts
 */
function write(file, parts) {
  const handle = openSync(`${file}.part`, "w");
  for (const part of parts) {
    writeSync(handle, part);
  }
  closeSync(handle);
  renameSync(`${file}.part`, file);
}
