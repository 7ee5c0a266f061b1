// The plain scan: 8-bit codes by SIMD, the best of them by their vectors, appended to files of OPFS.
import { appendFile, readFile, writeFile } from "./opfs-files.js";
import { matches, noKnob, rowsOf } from "./rows.js";

/** Candidates that are compared exactly, as a multiple of k. */
const CANDIDATES = 8;

const FILE = "scan.vectors";
const DELETED = "scan.deleted";

class Scan {
  #wasm;
  #dimension;
  #metadataOf;
  /** Offsets in the module's memory. */
  #at = {};
  #count = 0;
  #deleted = new Set();
  /** Rows by metadata key and value. */
  #rowsBy = new Map();
  #unsaved = [];

  constructor(wasm, { dimension, capacity, metadataOf }) {
    this.#wasm = wasm;
    this.#dimension = dimension;
    this.#metadataOf = metadataOf;
    const room = { codes: dimension * capacity, vectors: 4 * dimension * capacity, scales: 4 * capacity };
    const work = { scores: 4 * capacity, rows: 4 * capacity, query: 4 * dimension, queryCode: dimension };
    for (const [name, bytes] of Object.entries({ ...room, ...work })) {
      this.#at[name] = wasm.reserve(bytes) >>> 0;
    }
  }

  add(first, vectors) {
    this.insert(vectors);
    this.#unsaved.push(vectors);
  }

  /** Adds vectors that are stored already. */
  insert(vectors) {
    const { codes, vectors: floats, scales } = this.#at;
    const { buffer } = this.#wasm.memory;
    new Float32Array(buffer, floats + 4 * this.#dimension * this.#count, vectors.length).set(vectors);
    for (const vector of rowsOf(vectors, this.#dimension)) {
      const row = this.#count++;
      const code = new Int8Array(buffer, codes + this.#dimension * row, this.#dimension);
      new Float32Array(buffer, scales)[row] = encode(vector, code);
      for (const [key, value] of Object.entries(this.#metadataOf(row))) {
        const name = `${key}=${value}`;
        const rows = this.#rowsBy.get(name) ?? [];
        rows.push(row);
        this.#rowsBy.set(name, rows);
      }
    }
  }

  async persist() {
    for (const vectors of this.#unsaved.splice(0)) {
      await appendFile(FILE, vectors);
    }
    await writeFile(DELETED, Uint32Array.from(this.#deleted));
  }

  configure = noKnob;

  query(vector, k) {
    return this.#nearest(vector, k, 0, this.#count, (i) => i);
  }

  queryFiltered(vector, k, filter) {
    const rows = Object.entries(filter)
      .flatMap(([key, value]) => this.#rowsBy.get(`${key}=${value}`) ?? [])
      .filter((row) => matches(this.#metadataOf(row), filter));
    this.#view(Uint32Array, "rows", rows.length).set(rows);
    return this.#nearest(vector, k, this.#at.rows, rows.length, (i) => rows[i]);
  }

  remove(rows) {
    rows.forEach((row) => this.#deleted.add(row));
  }

  close() {}

  #nearest(vector, k, rowsAt, count, rowAt) {
    const { query, queryCode, codes, scales, scores, rows, vectors } = this.#at;
    this.#view(Float32Array, "query", this.#dimension).set(vector);
    encode(vector, this.#view(Int8Array, "queryCode", this.#dimension));
    this.#wasm.scan_codes(queryCode, codes, scales, rowsAt, count, this.#dimension, scores);
    const alive = (i) => !this.#deleted.has(rowAt(i));
    const candidates = best(this.#view(Float32Array, "scores", count), CANDIDATES * k, alive).map(rowAt);
    this.#view(Uint32Array, "rows", candidates.length).set(candidates);
    this.#wasm.scan_vectors(query, vectors, rows, candidates.length, this.#dimension, scores);
    return best(this.#view(Float32Array, "scores", candidates.length), k, () => true).map((i) => candidates[i]);
  }

  #view(Type, name, length) {
    return new Type(this.#wasm.memory.buffer, this.#at[name], length);
  }
}

/** Fills `code` with the nearest multiples of the scale, which it answers. */
function encode(vector, code) {
  let largest = 0;
  for (let i = 0; i < code.length; i += 1) {
    largest = Math.max(largest, Math.abs(vector[i]));
  }
  const scale = largest / 127;
  for (let i = 0; i < code.length; i += 1) {
    code[i] = Math.round(vector[i] / scale);
  }
  return scale;
}

/** The positions of the `k` largest scores among those that `counts`, largest first. */
function best(scores, k, counts) {
  const positions = [];
  let least = -Infinity;
  for (let i = 0; i < scores.length; i += 1) {
    if (scores[i] > least && counts(i)) {
      let at = positions.length;
      while (at > 0 && scores[positions[at - 1]] < scores[i]) {
        at -= 1;
      }
      positions.splice(at, 0, i);
      if (positions.length > k) {
        positions.pop();
      }
      if (positions.length === k) {
        least = scores[positions[k - 1]];
      }
    }
  }
  return positions;
}

async function instantiate(options) {
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/bench-peers/scan.wasm"));
  return new Scan(instance.exports, options);
}

export const adapter = {
  knobs: [null],
  filters: true,
  create: instantiate,
  async reopen(options) {
    const scan = await instantiate(options);
    const bytes = await readFile(FILE);
    scan.insert(new Float32Array(bytes.buffer));
    const deleted = await readFile(DELETED);
    scan.remove([...new Uint32Array(deleted.buffer)]);
    return scan;
  },
};
