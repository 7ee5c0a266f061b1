/** Searches: filter, rank, groups, page and selection. The single node checks a search and does not carry it out. */

import { floats } from "../json.mjs";
import { add, create, find, ours, refused, scenario, search, SHAPE } from "../steps.mjs";
import { ranked } from "../models/rank.mjs";

const SPECIFIED = "specified; the single node has no searches";

const DOCUMENTS = ["red apple", "green apple", "red car", null, "blue car", "sea"];
const METADATAS = [{ c: "x", n: 1 }, { c: "y", n: 2 }, { c: "x", n: 3 }, { c: "y" }, { n: 5 }, null];
const RECORDS = ["a", "b", "c", "d", "e", "f"].map((id, index) => ({ id, vector: [index, 0] }));

const seed = [
  create("things"),
  add("things", { ids: RECORDS.map(({ id }) => id), embeddings: RECORDS.map(({ vector }) => vector), documents: DOCUMENTS, metadatas: METADATAS }),
];

/**
 * @param {number} x
 * @param {object} [more]
 */
const knn = (x, more = {}) => ({ $knn: { query: [x, 0], limit: 10, ...more } });

const NEAR = knn(0);

/**
 * What a search answers of which the score alone is selected.
 * @param {{ id: string, score: number }[]} rows
 */
const scored = (rows) => ({
  ids: [rows.map(({ id }) => id)], documents: [null], embeddings: [null], metadatas: [null],
  scores: [floats(rows.map(({ score }) => score))], select: [["#score"]],
});

const SCORE = { select: { keys: ["#score"] } };

/**
 * A search by rank, with what the model of ranks finds.
 * @param {object} rank
 * @param {(record: { id: string }) => boolean} [passes] the filter's effect
 * @param {object} [more] of the search
 */
const byRank = (rank, passes = () => true, more = {}) =>
  search("things", { searches: [{ rank, ...SCORE, ...more }] }, ours(SPECIFIED, scored(ranked(rank, RECORDS.filter(passes)))));

/**
 * @param {object} body of one search
 * @param {[id: string, score: number][]} rows
 */
const finds = (body, rows) =>
  search("things", { searches: [{ ...SCORE, ...body }] }, ours(SPECIFIED, scored(rows.map(([id, score]) => ({ id, score })))));

/**
 * A search without rank, of which the ids alone are answered.
 * @param {object} body
 * @param {string} ids
 */
const findsIds = (body, ids) =>
  search(
    "things",
    { searches: [body] },
    ours(SPECIFIED, { ids: [ids.split("").filter(Boolean)], documents: [null], embeddings: [null], metadatas: [null], scores: [null], select: [[]] }),
  );

/** @param {object[]} bodies that the single node refuses too */
const refusals = (bodies) => bodies.map((body) => search("things", { searches: [body] }));

/** @param {number} value */
const val = (value) => ({ $val: value });

const DEFAULTS = { default: 100 };

const EXPRESSIONS = [
  NEAR, knn(2), knn(5, { limit: 2 }), knn(3, { limit: 0 }), { $knn: { query: [4, 0] } }, knn(2, { return_rank: true }),
  knn(2, { limit: 3, return_rank: true, ...DEFAULTS }),
  knn(0, { default: null }), knn(0, { key: "#embedding", return_rank: false }),
  val(1), { $sum: [] }, { $sum: [NEAR] }, { $sum: [NEAR, val(10)] }, { $sum: [val(1), NEAR, val(2)] }, { $mul: [NEAR, val(-1)] },
  { $mul: [NEAR, val(0.5), val(2)] }, { $mul: [] },
  { $sub: { left: NEAR, right: val(3) } }, { $sub: { left: val(3), right: NEAR } }, { $div: { left: NEAR, right: val(4) } },
  { $div: { left: val(4), right: knn(-1) } }, { $div: { left: val(1), right: val(0) } },
  { $max: [NEAR, val(4)] }, { $min: [NEAR, val(4)] }, { $max: [NEAR, knn(5)] }, { $min: [NEAR, knn(5), val(3)] }, { $max: [NEAR] },
  { $abs: { $sub: { left: NEAR, right: val(5) } } }, { $exp: { $mul: [NEAR, val(0.1)] } }, { $log: { $sum: [NEAR, val(1)] } },
  { $abs: val(-1) },
  { $sum: [knn(0, { limit: 3 }), knn(5, { limit: 4 })] }, { $sum: [knn(0, { limit: 3, ...DEFAULTS }), knn(5, { limit: 4 })] },
  { $sum: [knn(0, { limit: 3 }), knn(5, { limit: 4, ...DEFAULTS })] },
  { $sum: [knn(0, { limit: 2, ...DEFAULTS }), knn(5, { limit: 2, ...DEFAULTS })] }, { $sum: [knn(0, { limit: 2 }), knn(5, { limit: 2 })] },
  { $sub: { left: knn(0, { limit: 2, ...DEFAULTS }), right: knn(5, { limit: 2, default: 7 }) } },
  { $div: { left: knn(1, { limit: 2, ...DEFAULTS }), right: knn(-1, { limit: 4 }) } },
  { $max: [knn(0, { limit: 2, ...DEFAULTS }), knn(3, { limit: 2 })] },
  { $mul: [knn(0, { limit: 2, default: -1 }), knn(1, { limit: 3, default: 2 }), knn(2, { limit: 1, default: 3 })] },
  { $sum: [{ $mul: [NEAR, val(0.75)] }, { $mul: [knn(5), val(0.25)] }] },
  { $sum: [{ $abs: { $exp: { $log: { $sum: [NEAR, val(2)] } } } }] }, { $mul: [knn(0, { limit: 3, ...DEFAULTS }), val(2)] },
];

/**
 * Reciprocal rank fusion, as the builders of all clients write it.
 * @param {object[]} ranks
 * @param {number} k
 * @param {number[]} weights
 */
const rrf = (ranks, k, weights) => ({
  $mul: [{ $sum: ranks.map((rank, index) => ({ $div: { left: val(weights[index] ?? 1), right: { $sum: [val(k), rank] } } })) }, val(-1)],
});

/**
 * @param {"$min_k" | "$max_k"} kind
 * @param {string[]} keys
 * @param {number} k
 * @param {string[]} [by]
 */
const grouped = (kind, keys, k, by = ["c"]) => ({ rank: NEAR, group_by: { keys: by, aggregate: { [kind]: { keys, k } } } });

/**
 * @param {object} selected what is answered besides the ids
 * @param {string[]} keys
 */
const selects = (keys, selected) =>
  search("things", { searches: [{ rank: NEAR, limit: { limit: 4 }, select: { keys } }] }, ours(SPECIFIED, {
    ids: [["a", "b", "c", "d"]], documents: [null], embeddings: [null], metadatas: [null], scores: [null], ...selected,
    select: [[...new Set(keys)].sort()],
  }));

export const scenarios = [
  scenario("ranks", "scores of expressions; what has no score for a record does not find it", seed, EXPRESSIONS.map((rank) => byRank(rank))),
  scenario(
    "rrf",
    "reciprocal rank fusion as the builders write it",
    seed,
    [[60, 1, 1], [60, 2, 1], [1, 0.25, 0.75], [10, 1, 0]].map(([k = 60, ...weights]) =>
      byRank(rrf([knn(0, { return_rank: true, limit: 4, default: 1000 }), knn(4, { return_rank: true, limit: 4, default: 1000 })], k, weights)),
    ),
    byRank(rrf([knn(0, { return_rank: true, limit: 4 }), knn(4, { return_rank: true, limit: 4 })], 60, [1, 1])),
    byRank(rrf([knn(3, { return_rank: true })], 60, [1])),
  ),
  scenario(
    "filters",
    "neighbours are looked for among those that pass",
    seed,
    byRank(knn(0, { limit: 2 }), ({ id }) => "ac".includes(id), { filter: { c: "x" } }),
    byRank(knn(0, { limit: 2 }), ({ id }) => "cdef".includes(id), { filter: { n: { $nin: [1, 2] } } }),
    byRank(NEAR, ({ id }) => "ab".includes(id), { filter: { "#document": { $contains: "apple" } } }),
    byRank(NEAR, ({ id }) => "ac".includes(id), { filter: { "#document": { $regex: "^red" } } }),
    byRank(NEAR, ({ id }) => "be".includes(id), { filter: { "#id": { $in: ["b", "e", "zz"] } } }),
    byRank(NEAR, ({ id }) => "be".includes(id), { filter: { $and: [{ n: { $gt: 1 } }, { "#id": { $ne: "c" } }] } }),
    byRank(NEAR, () => true, { filter: {} }),
    byRank(NEAR, () => true, { filter: null }),
    byRank(NEAR, () => false, { filter: { c: "z" } }),
    findsIds({}, "abcdef"),
    findsIds({ filter: { c: "y" } }, "bd"),
  ),
  scenario(
    "no-rank",
    "without a rank records come in their order, scored by their places in the page",
    seed,
    finds({}, [["a", 0], ["b", 1], ["c", 2], ["d", 3], ["e", 4], ["f", 5]]),
    finds({ limit: { limit: 2, offset: 1 } }, [["b", 0], ["c", 1]]),
    finds({ filter: { c: "y" }, limit: { offset: 1 } }, [["d", 0]]),
    finds({ rank: null, limit: { limit: 1 } }, [["a", 0]]),
  ),
  scenario(
    "pages",
    "limit and offset cut a page out of what is found",
    seed,
    finds({ rank: NEAR, limit: { limit: 2 } }, [["a", 0], ["b", 1]]),
    finds({ rank: NEAR, limit: { offset: 4 } }, [["e", 16], ["f", 25]]),
    finds({ rank: NEAR, limit: { offset: 1, limit: 2 } }, [["b", 1], ["c", 4]]),
    finds({ rank: NEAR, limit: { offset: 9 } }, []),
    finds({ rank: NEAR, limit: { limit: 0 } }, []),
    finds({ rank: NEAR, limit: { limit: null } }, [["a", 0], ["b", 1], ["c", 4], ["d", 9], ["e", 16], ["f", 25]]),
    finds({ rank: NEAR, limit: {} }, [["a", 0], ["b", 1], ["c", 4], ["d", 9], ["e", 16], ["f", 25]]),
    finds({ rank: NEAR, limit: null }, [["a", 0], ["b", 1], ["c", 4], ["d", 9], ["e", 16], ["f", 25]]),
    finds({ rank: knn(0, { limit: 3 }), limit: { limit: 10 } }, [["a", 0], ["b", 1], ["c", 4]]),
  ),
  scenario(
    "groups",
    "of each group the best, then all by score; a missing key is a value of its own",
    seed,
    finds(grouped("$min_k", ["#score"], 1), [["a", 0], ["b", 1], ["e", 16]]),
    finds(grouped("$min_k", ["#score"], 2), [["a", 0], ["b", 1], ["c", 4], ["d", 9], ["e", 16], ["f", 25]]),
    finds(grouped("$max_k", ["#score"], 1), [["c", 4], ["d", 9], ["f", 25]]),
    finds(grouped("$max_k", ["n"], 1), [["b", 1], ["c", 4], ["e", 16]]),
    finds(grouped("$min_k", ["n"], 1), [["a", 0], ["d", 9], ["f", 25]]),
    // Neither d nor f has an n: of their group the one without c comes first.
    finds(grouped("$min_k", ["c", "#score"], 1, ["n"]), [["a", 0], ["b", 1], ["c", 4], ["e", 16], ["f", 25]]),
    finds(grouped("$min_k", ["#score"], 1, ["c", "n"]), [["a", 0], ["b", 1], ["c", 4], ["d", 9], ["e", 16], ["f", 25]]),
    finds(grouped("$min_k", ["#score"], 1, ["missing"]), [["a", 0]]),
    finds({ ...grouped("$min_k", ["#score"], 1), limit: { limit: 1, offset: 1 } }, [["b", 1]]),
    finds({ ...grouped("$min_k", ["#score"], 1), filter: { c: "x" } }, [["a", 0]]),
    finds({ rank: NEAR, group_by: {}, limit: { limit: 1 } }, [["a", 0]]),
    finds({ rank: NEAR, group_by: null, limit: { limit: 1 } }, [["a", 0]]),
  ),
  scenario(
    "select",
    "rows carry what is selected",
    seed,
    selects([], {}),
    selects(["#score"], { scores: [floats([0, 1, 4, 9])] }),
    selects(["#document"], { documents: [DOCUMENTS.slice(0, 4)] }),
    selects(["#embedding"], { embeddings: [RECORDS.slice(0, 4).map(({ vector }) => floats(vector))] }),
    selects(["#metadata"], { metadatas: [METADATAS.slice(0, 4)] }),
    selects(["n"], { metadatas: [[{ n: 1 }, { n: 2 }, { n: 3 }, null]] }),
    selects(["n", "c", "missing"], { metadatas: [METADATAS.slice(0, 4)] }),
    selects(["missing"], { metadatas: [[null, null, null, null]] }),
    selects(["#metadata", "n"], { metadatas: [METADATAS.slice(0, 4)] }),
    selects(
      ["#score", "n", "#document", "n"],
      { scores: [floats([0, 1, 4, 9])], documents: [DOCUMENTS.slice(0, 4)], metadatas: [[{ n: 1 }, { n: 2 }, { n: 3 }, null]] },
    ),
    selects(["#bogus"], {}),
    selects(["#id"], {}),
  ),
  scenario(
    "several",
    "each search of a request has its own result",
    seed,
    search("things", { searches: [] }, ours(SPECIFIED, { ids: [], documents: [], embeddings: [], metadatas: [], scores: [], select: [] })),
    search(
      "things",
      { searches: [{ rank: NEAR, limit: { limit: 1 }, ...SCORE }, { filter: { c: "y" }, select: { keys: ["#document"] } }, { rank: val(1) }] },
      ours(SPECIFIED, {
        ids: [["a"], ["b", "d"], []], documents: [null, ["green apple", null], null], embeddings: [null, null, null],
        metadatas: [null, null, null], scores: [floats([0]), null, null],
        select: [["#score"], ["#document"], []],
      }),
    ),
    search(
      "things",
      { searches: [{ rank: NEAR, limit: { limit: 1 }, ...SCORE }], read_level: "index_and_wal" },
      ours(SPECIFIED, scored([{ id: "a", score: 0 }])),
    ),
    search(
      "things",
      { searches: [{ unknown: 1, limit: { limit: 1 } }] },
      ours(SPECIFIED, { ids: [["a"]], documents: [null], embeddings: [null], metadatas: [null], scores: [null], select: [[]] }),
    ),
  ),
  scenario(
    "shape",
    "searches of the wrong shape",
    seed,
    search("things", {}),
    [null, 1, {}].map((searches) => search("things", { searches })),
    search("things", { searches: [{}], read_level: "bogus" }),
    refusals([
      { rank: {} }, { rank: 1 }, { rank: [] }, { rank: "x" }, { rank: { $bogus: 1 } }, { rank: { $val: 1, $abs: val(1) } },
      { rank: { $val: "x" } }, { rank: { $val: null } },
      { rank: { $sum: 1 } }, { rank: { $sum: [1] } }, { rank: { $sum: [{}] } }, { rank: { $sub: { left: val(1) } } },
      { rank: { $div: { right: val(1) } } }, { rank: { $abs: [val(1)] } },
      { rank: { $knn: {} } }, { rank: { $knn: { query: "text" } } }, { rank: { $knn: { query: null } } },
      { rank: { $knn: { query: ["x"] } } }, { rank: { $knn: { query: [[1]] } } }, { rank: { $knn: { query: [0, 0], limit: -1 } } },
      { rank: { $knn: { query: [0, 0], key: 1 } } }, { rank: { $knn: { query: [0, 0], default: "x" } } },
      { rank: { $knn: { query: [0, 0], return_rank: 1 } } },
      { limit: 5 }, { limit: { limit: -1 } }, { limit: { offset: -1 } }, { limit: { limit: "x" } }, { select: ["#document"] },
      { select: { keys: [1] } }, { select: { keys: "n" } },
      { filter: { a: { $bogus: 1 } } }, { filter: { query_ids: ["a"], where_clause: { a: 1 } } }, { filter: { a: 1, b: 2 } },
      { filter: [] }, { filter: "x" },
      { rank: NEAR, group_by: { keys: ["c"], aggregate: { $bogus: { keys: ["n"], k: 1 } } } },
      { rank: NEAR, group_by: { keys: ["c"], aggregate: { $min_k: { keys: ["n"], k: -1 } } } },
      { rank: NEAR, group_by: { keys: ["c"], aggregate: { $min_k: { k: 1 } } } }, { rank: NEAR, group_by: { keys: "c" } },
      { rank: NEAR, group_by: { keys: ["c"], aggregate: { $min_k: { keys: ["n"] } } } },
    ]),
    search("things", { searches: [{ rank: { $sub: [val(1), val(2)] } }] }, {
      ours: {
        because: "sides have names; the single node's parser takes a list for them",
        error: { status: 422, name: "ChromaError", message: SHAPE },
      },
    }),
  ),
  scenario(
    "values",
    "well-formed searches that break a rule",
    seed,
    refusals([
      { rank: NEAR, group_by: { keys: ["c"] } },
      { rank: NEAR, group_by: { aggregate: { $min_k: { keys: ["#score"], k: 1 } } } },
      { group_by: { keys: ["c"], aggregate: { $min_k: { keys: ["#score"], k: 1 } } } },
      { ...grouped("$min_k", ["#score"], 1, ["#document"]) },
      { ...grouped("$min_k", ["#score"], 1, ["c", "#score"]) },
      { ...grouped("$min_k", ["#document"], 1) },
      { ...grouped("$min_k", [], 1) },
      { ...grouped("$max_k", ["n"], 0) },
      { filter: { "#document": "red car" } },
      { rank: { $knn: { query: { indices: [1, 2], values: [1] } } } },
      { rank: { $knn: { query: { indices: [2, 1], values: [1, 1] }, key: "sv" } } },
      { rank: { $knn: { query: { indices: [1, 1], values: [1, 1] }, key: "sv" } } },
      { rank: { $knn: { query: { indices: [1], values: [1] }, key: "sv" } } },
      { rank: { $knn: { query: { indices: [1], values: [1] } } } },
    ]),
    Object.entries({
      "The query vector of a $knn is empty": { query: [] },
      "Collection expecting embedding with dimension of 2, got 3": { query: [1, 2, 3] },
      "A dense vector can only be searched under the key '#embedding', not under 'c'": { query: [0, 0], key: "c" },
      "A dense vector can only be searched under the key '#embedding', not under '#document'": { query: [0, 0], key: "#document" },
    }).map(([message, query]) =>
      search("things", { searches: [{ rank: { $knn: query } }] }, refused("a vector that cannot be compared is refused", 400, message)),
    ),
    find("things", { c: "x" }),
  ),
  scenario(
    "empty",
    "a collection that was never written finds nothing",
    create("things"),
    finds({ rank: NEAR }, []),
    finds({}, []),
  ),
];
