// edgevec: a graph in memory, saved to IndexedDB. Its cosine order is reversed, so that it gets normalised vectors and L2.
import init, { EdgeVec, EdgeVecConfig } from "edgevec/edgevec.js";
import { noKnob, rowsOf } from "./rows.js";

const NAME = "bench";

function session(index, rows, { dimension, metadataOf }) {
  const rowsFound = (results) => results.map(({ id }) => rows.get(id));
  return {
    add(first, vectors) {
      rowsOf(vectors, dimension).forEach((vector, i) => {
        rows.set(index.insertWithMetadata(vector, metadataOf(first + i)), first + i);
      });
    },
    persist: () => index.save(NAME),
    configure: noKnob,
    query: (vector, k) => rowsFound(index.search(vector, k)),
    queryFiltered(vector, k, wanted) {
      const filter = Object.entries(wanted)
        .map(([key, value]) => `${key} = ${value}`)
        .join(" AND ");
      return rowsFound(JSON.parse(index.searchFiltered(vector, k, JSON.stringify({ filter }))).results);
    },
    remove(removed) {
      const ids = new Map([...rows].map(([id, row]) => [row, id]));
      removed.forEach((row) => index.softDelete(ids.get(row)));
    },
    close: () => index.free(),
  };
}

export const adapter = {
  knobs: [null],
  filters: true,
  async create(options) {
    await init();
    const config = new EdgeVecConfig(options.dimension);
    config.metric = "l2";
    config.ef_search = 32;
    return session(new EdgeVec(config), new Map(), options);
  },
  async reopen(options) {
    await init();
    const index = await EdgeVec.load(NAME);
    // Its ids count from 1 in the order of insertion.
    const rows = new Map(Array.from({ length: options.capacity }, (_, row) => [row + 1, row]));
    return session(index, rows, options);
  },
};
