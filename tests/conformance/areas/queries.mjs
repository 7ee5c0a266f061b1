/** Nearest neighbours: spaces, pages, filters, ties and vectors that cannot be searched with. */

import { floats } from "../json.mjs";
import { add, create, idsOnly, ours, packaged, query, remove, scenario, update } from "../steps.mjs";

const VECTORS = { e1: [1, 0, 0], e2: [0, 1, 0], e12: [1, 1, 0], "2e1": [2, 0, 0], "-e1": [-1, 0, 0], zero: [0, 0, 0], odd: [0.3, -0.7, 0.2] };

const QUERIES = [[1, 0, 0], [3, 0, 0], [0, 0, 0], [0.1, 0.2, -0.3], [1e-3, 0, 1e3], [-1, -1, -1]];

/** @param {string} space */
const distances = (space) =>
  scenario(
    `distances-${space}`,
    "distances and the order that follows from them",
    create("things", { configuration: { hnsw: { space } } }),
    add("things", { ids: Object.keys(VECTORS), embeddings: Object.values(VECTORS) }),
    QUERIES.map((vector) => query("things", { query_embeddings: [vector], include: ["distances"] })),
    query("things", { query_embeddings: [[0.9, 0.2, 0.1]], n_results: 2, include: ["distances", "embeddings"] }),
    update("things", { ids: ["e2"], embeddings: [[1, 0.1, 0]] }),
    remove("things", { ids: ["e1"] }),
    query("things", { query_embeddings: [[0.9, 0.2, 0.1]], n_results: 3, include: ["distances"] }),
  );

const seed = [
  create("things"),
  add("things", {
    ids: ["a", "b", "c", "d"],
    embeddings: [[0, 0], [0, 1], [2, 0], [5, 5]],
    documents: ["da", "db", null, "dd"],
    metadatas: [{ g: 1 }, { g: 2 }, { g: 1 }, null],
    uris: ["ua", null, null, null],
  }),
];

/**
 * @param {object} more of the body
 * @param {object} [step] of the step
 */
const nearest = (more, step) => query("things", { query_embeddings: [[0, 0]], include: ["distances"], ...more }, step);

const TWELVE = Array.from({ length: 12 }, (_, index) => `t${index}`);

/**
 * @param {string[]} ids
 * @param {number[]} distances
 */
const found = (ids, distances) => ({
  ids: [ids], embeddings: null, documents: null, uris: null, metadatas: null, distances: [floats(distances)], include: ["distances"],
});

export const scenarios = [
  ...["l2", "ip", "cosine"].map(distances),
  scenario(
    "include",
    "a section that is not included is null",
    seed,
    query("things", { query_embeddings: [[0, 0]] }),
    [[], ["distances"], ["documents"], ["metadatas"], ["embeddings"], ["uris"], ["uris", "distances", "documents", "metadatas", "embeddings"]].map(
      (include) => query("things", { query_embeddings: [[0, 0], [5, 5]], n_results: 2, include }),
    ),
    query("things", { query_embeddings: [[0, 0]], include: ["bogus"] }),
    query("things", { query_embeddings: [[0, 0]], include: null }),
  ),
  scenario(
    "n-results",
    "no more rows than asked for, nor than there are",
    seed,
    [0, 1, 3, 4, 100].map((n_results) => nearest({ n_results })),
    nearest({ n_results: null }),
    [-1, 1.5, "2"].map((n_results) => nearest({ n_results })),
    nearest({ query_embeddings: [], n_results: 3 }),
    nearest({ query_embeddings: [[0, 0], [5, 5], [0, 0]], n_results: 1 }),
  ),
  scenario(
    "filters",
    "the nearest of those that pass, as many as were asked for",
    seed,
    nearest({ where: { g: 1 } }),
    nearest({ where: { g: 9 } }),
    nearest({ where: { g: { $ne: 1 } }, n_results: 1 }),
    nearest({ where_document: { $contains: "d" } }),
    nearest({ where_document: { $not_contains: "a" } }),
    nearest({ where: { g: 1 }, where_document: { $regex: "^d" } }),
    nearest({ ids: ["d", "b"] }),
    nearest({ ids: [] }),
    nearest({ ids: ["b", "c"], where: { g: 1 } }),
    nearest({ ids: ["zz"], where: { g: 1 } }),
    nearest({ ids: ["b", "zz"] }, ours("unknown ids are left out; the single node fails", found(["b"], [1]))),
    nearest({ ids: ["b", "b"] }),
    nearest({ where: {} }),
    nearest({ where_document: {} }),
    nearest({ where: null, where_document: null, ids: null }),
  ),
  scenario(
    "vectors",
    "what a collection cannot be searched with",
    seed,
    nearest({ query_embeddings: [[0, 0, 0]] }),
    nearest({ query_embeddings: [[0]] }),
    nearest({ query_embeddings: [[]] }),
    nearest({ query_embeddings: [[0, 0], [1]] }),
    nearest({ query_embeddings: [[1e40, 0]] }),
    nearest({ query_embeddings: ["AAAAAAAAAAA="] }),
    nearest({ query_embeddings: [["a", "b"]] }),
    nearest({ query_embeddings: [[null, 1]] }),
    nearest({ query_embeddings: [null] }),
    nearest({ query_embeddings: null }),
    nearest(
      { query_embeddings: [0, 0] },
      packaged("one vector alone is taken, as by the official client before version 3", {
        answer: { ...idsOnly([]), ids: [["a", "b", "c", "d"]], include: ["distances"], distances: [[0, 1, 4, 50]] },
      }),
    ),
    query("things", {}),
  ),
  scenario(
    "ties",
    "equally near records come in the order of their insertion",
    create("things"),
    add("things", { ids: TWELVE, embeddings: TWELVE.map(() => [1, 1]) }),
    query("things", { query_embeddings: [[1, 1]], n_results: 12, include: ["distances"] }),
    query(
      "things",
      { query_embeddings: [[1, 1]], n_results: 3, include: ["distances"] },
      {
        arbitrary: true,
        ...ours("which of equally near records the single node's graph finds first is arbitrary", found(["t0", "t1", "t2"], [0, 0, 0])),
      },
    ),
  ),
  scenario(
    "empty",
    "a collection that was never written answers every vector with nothing",
    create("things"),
    query("things", { query_embeddings: [[1, 2, 3]] }),
    query("things", { query_embeddings: [[1], [2, 3]] }),
    query("things", { query_embeddings: [] }),
    add("things", { ids: ["a"], embeddings: [[1, 2]] }),
    remove("things", { ids: ["a"] }),
    query("things", { query_embeddings: [[1, 2]] }),
    query("things", { query_embeddings: [[1]] }),
  ),
];
