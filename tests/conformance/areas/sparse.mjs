/** Sparse vectors: in metadata, and indexed under the keys of a schema. The single node has none. */

import { floats } from "../json.mjs";
import { add, create, get, ours, packaged, refused, scenario, search, update } from "../steps.mjs";
import { ranked } from "../models/rank.mjs";

const SPECIFIED = "specified; the single node has no sparse vectors";

/** @param {Record<number, number>} weights */
const vector = (weights) => ({ "#type": "sparse_vector", indices: Object.keys(weights).map(Number), values: Object.values(weights) });

const WEIGHTS = { a: { 1: 1, 5: 0.5 }, b: { 1: 0.25 }, c: { 5: 2, 9: 1, 70000: 3 }, d: {}, e: undefined, f: { 9: -1 } };
const RECORDS = Object.entries(WEIGHTS).map(([id, weights], index) => ({ id, vector: [index], ...(weights && { sparse: { sv: weights } }) }));

/** @param {object} config */
const indexed = (config) => [
  create(
    "things",
    { schema: { defaults: {}, keys: { sv: { sparse_vector: { sparse_vector_index: { enabled: true, config } } } } } },
    ours(SPECIFIED, { name: "things", metadata: null, dimension: null }),
  ),
  add(
    "things",
    {
      ids: RECORDS.map(({ id }) => id), embeddings: RECORDS.map((record) => record.vector),
      metadatas: RECORDS.map(({ sparse }) => sparse ? { sv: vector(sparse.sv) } : null),
    },
    ours(SPECIFIED, {}),
  ),
];

const QUERIES = [{ 1: 1 }, { 5: 1 }, { 9: 2 }, { 1: 1, 5: 1, 9: 1 }, { 70000: 0.5 }, { 2: 1 }, {}, { 1: -1 }];

/**
 * @param {any} rank
 * @param {any} [of] the rank as the model takes it
 */
function found(rank, of = rank) {
  const rows = ranked(of, RECORDS);
  const answer = {
    ids: [rows.map(({ id }) => id)], documents: [null], embeddings: [null], metadatas: [null],
    scores: [floats(rows.map(({ score }) => score))], select: [["#score"]],
  };
  return search("things", { searches: [{ rank, select: { keys: ["#score"] } }] }, ours(SPECIFIED, answer));
}

/** @param {object} weights */
const query = (weights) => ({ indices: Object.keys(weights).map(Number), values: Object.values(weights) });

const LENGTHS = "Sparse vector indices, values, and tokens (when present) must have the same length";
const ORDER = "Sparse vector indices must be sorted in strictly ascending order (no duplicates)";

/** @type {[object, string][]} */
const BROKEN = [
  [{ indices: [1, 2], values: [1] }, LENGTHS],
  [{ indices: [2, 1], values: [1, 1] }, ORDER],
  [{ indices: [1, 1], values: [1, 1] }, ORDER],
];

export const scenarios = [
  scenario(
    "metadata",
    "a sparse vector is a value of metadata, and comes back",
    create("things"),
    add("things", { ids: ["a"], embeddings: [[1]], metadatas: [{ sv: vector({ 1: 0.5, 5: 0.25 }), other: 1 }] }, ours(SPECIFIED, {})),
    get("things", {}, ours(SPECIFIED, {
      ids: ["a"], embeddings: null, documents: [null], uris: null, metadatas: [{ sv: vector({ 1: 0.5, 5: 0.25 }), other: 1 }],
      include: ["documents", "metadatas"],
    })),
    get(
      "things",
      { where: { other: 1 }, include: [] },
      ours(SPECIFIED, { ids: ["a"], embeddings: null, documents: null, uris: null, metadatas: null, include: [] }),
    ),
    update("things", { ids: ["a"], metadatas: [{ sv: null }] }),
    get(
      "things",
      {},
      ours(
        SPECIFIED,
        { ids: ["a"], embeddings: null, documents: [null], uris: null, metadatas: [{ other: 1 }], include: ["documents", "metadatas"] },
      ),
    ),
    BROKEN.map(([sv, rule]) =>
      add(
        "things",
        { ids: ["x"], embeddings: [[1]], metadatas: [{ sv }] },
        refused("says which rule is broken", 400, `Validation error: metadatas: Invalid metadata at index 0: ${rule}`),
      ),
    ),
    [{ indices: [1] }, { values: [1] }, { indices: [-1], values: [1] }, { indices: [1.5], values: [1] }].map((value) =>
      add("things", { ids: ["x"], embeddings: [[1]], metadatas: [{ sv: value }] }),
    ),
    add(
      "things",
      { ids: ["x"], embeddings: [[1]], metadatas: [{ sv: { "#type": "bogus", indices: [1], values: [1] } }] },
      packaged("clients tag sparse vectors themselves", { answer: {} }),
    ),
  ),
  scenario(
    "search",
    "one less the product over shared indices; what shares none is not found",
    indexed({}),
    QUERIES.map((weights) => found({ $knn: { query: query(weights), key: "sv" } })),
    found({ $knn: { query: query({ 1: 1, 5: 1 }), key: "sv", limit: 1 } }),
    found({ $knn: { query: query({ 1: 1, 5: 1 }), key: "sv", return_rank: true } }),
    found({ $sum: [{ $knn: { query: query({ 1: 1 }), key: "sv", default: 10 } }, { $knn: { query: [0], limit: 10 } }] }),
    found({ $sum: [{ $knn: { query: query({ 1: 1 }), key: "sv" } }, { $knn: { query: [0], limit: 10 } }] }),
    search(
      "things",
      { searches: [{ rank: { $knn: { query: query({ 1: 1 }), key: "other" } } }] },
      refused("the key has no index", 400, "Cannot filter using metadata key 'other' with type 'SparseVector' because indexing is disabled"),
    ),
  ),
  scenario(
    "bm25",
    "rare indices weigh more",
    indexed({ bm25: true }),
    QUERIES.map((weights) => found({ $knn: { query: query(weights), key: "sv" } }, { $knn: { query: query(weights), key: "sv", bm25: true } })),
  ),
];
