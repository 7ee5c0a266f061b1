// The vectors of the benchmarks and tests, read in a page or a worker. Served as it is; no build step.
import { toFloats } from "./half.js";

/** Components of every vector. */
export const DIMENSION = 384;

/** Reads little-endian half floats, row-major, as rows of 32-bit floats. */
export async function halfFloatRows(url) {
  const floats = toFloats(new Uint16Array(await bytes(url)));
  return Array.from({ length: floats.length / DIMENSION }, (_, row) => floats.slice(row * DIMENSION, (row + 1) * DIMENSION));
}

/** A set of vectors in `target/bench-data`, with the exact neighbours among its first `n` rows. */
export class VectorSet {
  #url;
  #rows;

  constructor(url, description, queries, neighbours) {
    this.#url = url;
    this.#rows = description.rows;
    /** Vectors that no row holds. */
    this.queries = queries;
    /** By filter (`all`, `tenth`, `hundredth`): for each query its nearest ten rows, nearest first. */
    this.neighbours = neighbours;
  }

  static async open(name, n) {
    const url = `/bench-data/${name}`;
    const response = await fetch(`${url}/set.json`);
    const queries = await halfFloatRows(`${url}/queries.f16.bin`);
    const neighbours = {};
    for (const filter of ["all", "tenth", "hundredth"]) {
      const rows = new Int32Array(await bytes(`${url}/n${n}/${filter}.i32.bin`));
      const kept = rows.length / queries.length;
      neighbours[filter] = queries.map((_, i) => [...rows.subarray(i * kept, i * kept + 10)].filter((row) => row >= 0));
    }
    return new VectorSet(url, await response.json(), queries, neighbours);
  }

  /** Rows `[first, first + count)` as one array. A set that is too short starts again. */
  async rows(first, count) {
    const start = first + count <= this.#rows ? first : first % (this.#rows - count);
    return matrix(`${this.#url}/base.f16.bin`, start, count);
  }
}

/** Rows `[first, first + count)` of a file of vectors as one array. */
export async function matrix(url, first, count) {
  const from = first * 2 * DIMENSION;
  const range = { headers: { range: `bytes=${from}-${from + count * 2 * DIMENSION - 1}` } };
  return toFloats(new Uint16Array(await bytes(url, range)));
}

async function bytes(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) {
    throw new Error(`${url}: ${response.status}`);
  }
  return response.arrayBuffer();
}
