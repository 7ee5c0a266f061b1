/** Searches, with every builder. */

import { LetterCounts, WordLengths } from "../world.mjs";

/** @typedef {import("../world.mjs").World} World */

/** Vectors that are equally far from none of the queries, so that the order of all results is known. */
const NEAR = { query: [0.25, 0.125], limit: 10 };

/** @type {Record<string, (chroma: World["chroma"]) => any>} each a search, or several */
const SEARCHES = {
  "nothing said": ({ Search }) => new Search(),
  "a plain object": () => ({ rank: { $knn: { query: [0.25, 0.125] } }, limit: { limit: 2 } }),
  "nearest": ({ Search, Knn }) => new Search().rank(Knn(NEAR)).limit(3).select("#score", "#document"),
  "everything selected": ({ Search, Knn }) => new Search().rank(Knn(NEAR)).limit(2).selectAll(),
  "a page": ({ Search, Knn }) => new Search().rank(Knn(NEAR)).limit(2, 1).select("#score"),
  "keys selected": ({ Search, K, Knn }) => new Search().rank(Knn(NEAR)).select(K("legs"), "sound", K.SCORE),
  "filtered": ({ Search, K, Knn }) => new Search().where(K("legs").eq(4).and(K("home").ne(true))).rank(Knn(NEAR)),
  "every operator": ({ Search, K }) => ["eq", "ne", "gt", "gte", "lt", "lte"].map((/** @type {any} */ operator) => new Search().where(/** @type {any} */ (K("weight"))[operator](5.5)).select("weight")),
  "lists": ({ Search, K }) => [K("legs").isIn([0, 2]), K("legs").notIn([0, 2]), K("tags").contains("pet"), K("tags").notContains("pet")].map((where) => new Search().where(where)),
  "ids and documents": ({ Search, K }) => [K.ID.isIn(["cat", "dog"]), K.DOCUMENT.contains("feline"), K.DOCUMENT.notContains("a "), K.DOCUMENT.regex("^a l"), K.DOCUMENT.notRegex("e")].map((where) => new Search().where(where)),
  "or": ({ Search, K }) => new Search().where(K("legs").eq(0).or(K("legs").eq(2))),
  "a pattern on a field": ({ Search, K }) => new Search().where(K("sound").regex("^[mr]")),
  "arithmetic": ({ Search, Knn, Val }) => new Search().rank(Knn(NEAR).multiply(2).add(Val(1)).subtract(0.5).divide(4)).select("#score"),
  "functions": ({ Search, Knn }) => new Search().rank(Knn(NEAR).abs().add(1).log().exp().negate()).select("#score"),
  "largest and smallest": ({ Search, Knn, Max, Min, Val }) => new Search().rank(Max(Min(Knn(NEAR), Val(10)), 1)).select("#score"),
  "constants": ({ Search, Sum, Mul, Div, Sub, Val, Abs, Exp, Log }) => new Search().rank(Sum(Mul(2, 3), Div(Val(1), 4), Sub(1, 2), Abs(-3), Exp(0), Log(1))).select("#score"),
  "two rankings": ({ Search, Knn }) => new Search().rank(Knn(NEAR).multiply(0.5).add(Knn({ query: [6, 0.5], limit: 10 }).multiply(0.5))).select("#score"),
  "a default": ({ Search, Knn }) => new Search().rank(Knn({ ...NEAR, limit: 2, default: 100 })).select("#score"),
  "fused ranks": ({ Search, Knn, Rrf }) => new Search().rank(Rrf({ ranks: [Knn({ ...NEAR, returnRank: true }), Knn({ query: [6, 0.5], returnRank: true, limit: 10 })], k: 10, weights: [2, 1], normalize: true })).select("#score"),
  "groups, their best": ({ Search, K, Knn, GroupBy, MinK }) => new Search().rank(Knn(NEAR)).groupBy(new GroupBy([K("legs")], new MinK([K.SCORE], 1))).select("#score", "legs"),
  "groups, their last": ({ Search, K, Knn, GroupBy, Aggregate }) => new Search().rank(Knn(NEAR)).groupBy(new GroupBy([K("legs")], Aggregate.maxK([K.SCORE], 2))).select("#score", "legs"),
  "several": ({ Search, Knn, K }) => [new Search().rank(Knn(NEAR)).limit(1), new Search().where(K("legs").eq(2))],
  "another dimension": ({ Search, Knn }) => new Search().rank(Knn({ query: [1, 2, 3] })),
  "an unknown index": ({ Search, Knn }) => new Search().rank(Knn({ query: { indices: [1], values: [1] }, key: "nothing" })),
  "a limit of none": ({ Search }) => new Search().limit(0),
  "an empty list": () => [],
  "a text without a function": ({ Search, Knn }) => new Search().rank(Knn({ query: "cat" })),
  "a vector of texts": ({ Search, Knn }) => new Search().rank(Knn({ query: /** @type {any} */ (["a"]) })),
  "no such operator": () => ({ where: { legs: { $near: 1 } } }),
  "no such rank": () => ({ rank: { $nearest: {} } }),
};

/**
 * @param {any} search
 * @returns {any}
 */
const each = (search) => (Array.isArray(search) ? search.map(each) : typeof search.toPayload === "function" ? search.toPayload() : search);

/** @type {import("../world.mjs").Steps} */
export const steps = {
  add: async (world) => (await world.makeAnimals("animals")).count(),
  ...Object.fromEntries(Object.entries(SEARCHES).map(([about, make]) => [about, (/** @type {World} */ { kept, chroma }) => kept["animals"].search(make(chroma))])),
  "what is sent": ({ chroma }) => each([SEARCHES["fused ranks"], SEARCHES["groups, their last"], SEARCHES["arithmetic"]].map((make) => make?.(chroma))),
  "rows": async ({ kept, chroma }) => (await kept["animals"].search(new chroma.Search().rank(chroma.Knn(NEAR)).limit(2).select("#score", "legs"))).rows(),
  "read levels": async ({ kept, chroma }) => {
    const found = [];
    for (const readLevel of Object.values(chroma.ReadLevel)) {
      const [ids] = (await kept["animals"].search(new chroma.Search().limit(1), { readLevel })).ids;
      // What the index alone has depends on what has been compacted.
      found.push(readLevel === chroma.ReadLevel.INDEX_AND_WAL ? ids : ids.length <= 1);
    }
    return found;
  },
  "by text": async (world) => {
    const texts = await world.make("texts", { embeddingFunction: new LetterCounts() });
    await texts.add({ ids: ["a", "b"], documents: ["aeiou", "xyz"] });
    return texts.search(new world.chroma.Search().rank(world.chroma.Knn({ query: "oooo" })).select("#score"));
  },
  "by words": async (world) => {
    const { Schema, SparseVectorIndexConfig, Search, Knn, K } = world.chroma;
    const schema = new Schema().createIndex(new SparseVectorIndexConfig({ embeddingFunction: new WordLengths(), sourceKey: K.DOCUMENT }), "words");
    const words = await world.make("words", { schema });
    await words.add({ ids: ["a", "b", "c"], embeddings: [[1], [2], [3]], documents: ["a bc def", "xyz", "one two"] });
    return words.search(new Search().rank(Knn({ query: "ab c", key: "words" })).select("#score", "words"));
  },
};
