/**
 * The synthetic set: a mixture of gaussians in a space of fewer, unequal directions, normalised. Embeddings of text overlap
 * like that; with independent components, or with groups apart from each other, a search is harder or easier than with any of
 * them. With these constants a graph index needs a little more work for the same recall than over MiniLM embeddings.
 */

import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import path from "node:path";

import { toHalf } from "../browser/half.js";
import { gaussians, uniforms } from "../browser/random.js";

export const DIMENSION = 384;

/** Components of the mixture. */
const CENTERS = 2_000;
/** Directions that all components share; the i-th has a share of `i ** -DECAY` in the lengths. */
const RANK = 256;
const DECAY = 0.5;
/** Lengths of a center, of what rows differ from it, and of the noise in all 384 dimensions. */
const CENTER = 0.8;
const SPREAD = 0.6;
const NOISE = 0.2;

const BLOCK = 1_000;

/** The directions, the share of each, and the centers by their coordinates along them. */
function components() {
  const next = gaussians(7);
  const directions = Float32Array.from({ length: RANK * DIMENSION }, () => next() / Math.sqrt(DIMENSION));
  const decaying = Float64Array.from({ length: RANK }, (_, i) => (i + 1) ** -DECAY);
  const length = Math.sqrt(decaying.reduce((sum, share) => sum + share * share, 0));
  const shares = decaying.map((share) => share / length);
  const centers = Float32Array.from({ length: CENTERS * RANK }, (_, i) => CENTER * /** @type {number} */ (shares[i % RANK]) * next());
  return { directions, shares, centers };
}

/**
 * Rows `[block * BLOCK, (block + 1) * BLOCK)` as half floats. A block depends on its number alone, so that a smaller set is the
 * beginning of a larger one.
 * @param {ReturnType<typeof components>} mixture
 * @param {number} block
 */
function blockOf({ directions, shares, centers }, block) {
  const uniform = uniforms(1_000_003 + 2 * block);
  const next = gaussians(1_000_004 + 2 * block);
  const out = new Uint16Array(BLOCK * DIMENSION);
  const row = new Float64Array(DIMENSION);
  for (let r = 0; r < BLOCK; r += 1) {
    const center = Math.floor(uniform() * CENTERS) * RANK;
    for (let i = 0; i < DIMENSION; i += 1) {
      row[i] = (NOISE / Math.sqrt(DIMENSION)) * next();
    }
    for (let d = 0; d < RANK; d += 1) {
      const along = /** @type {number} */ (centers[center + d]) + SPREAD * /** @type {number} */ (shares[d]) * next();
      for (let i = 0; i < DIMENSION; i += 1) {
        row[i] = /** @type {number} */ (row[i]) + along * /** @type {number} */ (directions[d * DIMENSION + i]);
      }
    }
    const norm = Math.sqrt(row.reduce((sum, component) => sum + component * component, 0));
    for (let i = 0; i < DIMENSION; i += 1) {
      out[r * DIMENSION + i] = toHalf(/** @type {number} */ (row[i]) / norm);
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
