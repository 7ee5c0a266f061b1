// Filters, texts and hybrid search by the public package: every key of the metadata and the documents are indexed, which is the default, and
// the documents have BM25 vectors.
import { K, Knn, open, Rrf, Schema, SparseVectorIndexConfig, VectorIndexConfig } from "chromatid";
import { ChromaBm25EmbeddingFunction } from "chromatid/bm25";
import { idOf, rowOf, STORE } from "./adapter.js";

const COLLECTION = "texts";

/** Neighbours that are fused of each kind. */
const FUSED = 100;

/** The rank of records that are no neighbours: their part of the sum is nothing. */
const NOWHERE = 1e9;

function schemaFor({ meanLength }) {
  const embeddingFunction = new ChromaBm25EmbeddingFunction({ avgDocLength: meanLength });
  return new Schema()
    .createIndex(new VectorIndexConfig({ space: "cosine", embeddingFunction: null }))
    .createIndex(new SparseVectorIndexConfig({ embeddingFunction, sourceKey: K.DOCUMENT, bm25: true }), "words");
}

const words = (query, more) => Knn({ query, key: "words", ...more });
const meaning = (query, more) => Knn({ query, ...more });

/** A condition as `get` takes it. */
const conditionOf = (where) => ("#document" in where ? { whereDocument: where["#document"] } : { where });

function session(client, collection, { dimension, vectors: withVectors }) {
  const best = async (rank, limit) => {
    const { ids, documents } = await collection.search({ rank, limit, select: [K.DOCUMENT] });
    return { rows: ids[0].map(rowOf), documents: documents[0] };
  };
  return {
    async add(first, records, vectors) {
      await collection.add({
        ids: records.map((_, i) => idOf(first + i)),
        documents: records.map(({ document }) => document),
        metadatas: records.map(({ metadata }) => metadata),
        embeddings: records.map((_, i) => (withVectors ? vectors.subarray(i * dimension, (i + 1) * dimension) : [1])),
      });
    },
    // A write is durable and found when it is acknowledged.
    persist: () => undefined,
    settle: () => client.compact(),
    async filter(where, limit) {
      const include = limit === undefined ? [] : ["documents"];
      const { ids, documents } = await collection.get({ ...conditionOf(where), limit, include });
      return { rows: ids.map(rowOf), documents };
    },
    bm25: ({ text }, k) => best(words(text, { limit: k }), k),
    dense: ({ vector }, k) => best(meaning(vector, { limit: k }), k),
    hybrid({ text, vector }, k) {
      const fused = { limit: FUSED, returnRank: true, default: NOWHERE };
      return best(Rrf({ ranks: [words(text, fused), meaning(vector, fused)] }), k);
    },
    close: () => client.close(),
    wasmBytes: async () => (await client.info()).memory.wasm_bytes,
  };
}

/** With a vector for each record, or with texts and metadata alone: the vectors are then a single component. */
export const textsAdapter = (vectors) => ({
  vectors,
  filters: ["equality", "range", "in", "and", "contains", "anchored regex", "unanchored regex"],
  rankings: vectors ? ["bm25", "dense", "hybrid"] : ["bm25"],
  async create(options) {
    const client = await open(STORE);
    const collection = await client.createCollection({ name: COLLECTION, schema: schemaFor(options) });
    return session(client, collection, { ...options, vectors });
  },
  async reopen(options) {
    const client = await open(STORE);
    return session(client, await client.getCollection({ name: COLLECTION, embeddingFunction: null }), { ...options, vectors });
  },
});
