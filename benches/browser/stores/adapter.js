// The public package on OPFS: in a page the engine runs in a worker of its own, in a worker in place.
import * as chromatid from "chromatid";

export const STORE = { name: "bench", storage: "opfs" };
const COLLECTION = { name: "bench", embeddingFunction: null };

export const idOf = (row) => `row-${row}`;
export const rowOf = (id) => Number(id.slice("row-".length));

function session(client, collection, { dimension, metadataOf }) {
  const nearest = async (vector, nResults, where) => {
    const { ids } = await collection.query({ queryEmbeddings: [vector], nResults, include: ["distances"], where });
    return ids[0].map(rowOf);
  };
  return {
    async add(first, vectors) {
      const rows = Array.from({ length: vectors.length / dimension }, (_, i) => first + i);
      await collection.add({
        ids: rows.map(idOf),
        embeddings: rows.map((_, i) => vectors.subarray(i * dimension, (i + 1) * dimension)),
        metadatas: rows.map(metadataOf),
      });
    },
    // A write is durable and found when it is acknowledged.
    persist: () => Promise.resolve(),
    settle: () => client.compact(),
    configure: (efSearch) =>
      efSearch === null ? undefined : collection.modify({ configuration: { hnsw: { ef_search: efSearch } } }),
    query: (vector, k) => nearest(vector, k),
    queryFiltered: (vector, k, filter) => nearest(vector, k, filter),
    remove: (rows) => collection.delete({ ids: rows.map(idOf) }),
    close: () => client.close(),
    wasmBytes: async () => (await client.info()).memory.wasm_bytes,
  };
}

/** A store for a configuration of its collection, with `knobs` to search at. */
export const adapterOf = (hnsw, knobs) => ({
  knobs,
  filters: true,
  async create(options) {
    const client = await chromatid.open(STORE);
    const collection = await client.createCollection({ ...COLLECTION, configuration: { hnsw: { space: "cosine", ...hnsw } } });
    return session(client, collection, options);
  },
  async reopen(options) {
    const client = await chromatid.open(STORE);
    return session(client, await client.getCollection(COLLECTION), options);
  },
});
