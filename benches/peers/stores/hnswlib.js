// hnswlib-wasm: a graph in memory, saved whole to IndexedDB.
import { loadHnswlib, syncFileSystem } from "hnswlib-wasm";
import { matches, rowsOf } from "./rows.js";

const FILE = "bench.dat";

async function index({ dimension }) {
  const library = await loadHnswlib();
  await syncFileSystem("read");
  return new library.HierarchicalNSW("cosine", dimension, "");
}

function session(hnsw, { dimension, metadataOf }) {
  return {
    add(first, vectors) {
      const rows = rowsOf(vectors, dimension);
      hnsw.addPoints(rows, rows.map((_, i) => first + i), false);
    },
    async persist() {
      await hnsw.writeIndex(FILE);
      await syncFileSystem("write");
    },
    configure: (ef) => hnsw.setEfSearch(ef),
    query: (vector, k) => hnsw.searchKnn(vector, k, undefined).neighbors,
    queryFiltered: (vector, k, filter) =>
      hnsw.searchKnn(vector, k, (label) => matches(metadataOf(label), filter)).neighbors,
    remove: (rows) => hnsw.markDeleteItems(rows),
    close: () => undefined,
  };
}

export const adapter = {
  knobs: [10, 16, 24, 32, 48, 64, 96, 128],
  filters: true,
  async create(options) {
    const hnsw = await index(options);
    hnsw.initIndex(options.capacity, 16, 200, 100);
    return session(hnsw, options);
  },
  async reopen(options) {
    const hnsw = await index(options);
    await hnsw.readIndex(FILE, options.capacity);
    // Of the settings that it was searched with, one that finds enough.
    hnsw.setEfSearch(32);
    return session(hnsw, options);
  },
};
