/** Searches are built as with the official client: the same calls make the same JSON, and are refused with the same class. */

import { expect, test } from "@playwright/test";
import * as official from "chromadb";

import * as ours from "../../pkg/src/index.js";
import { seededRandom } from "./support/random.js";

type Builders = Pick<
  typeof ours,
  | "Abs" | "Aggregate" | "Div" | "Exp" | "GroupBy" | "K" | "Key" | "Knn" | "Limit" | "Log" | "Max" | "MaxK" | "Min"
  | "MinK" | "Mul" | "RankExpression" | "Rrf" | "Search" | "SearchResult" | "Select" | "Sub" | "Sum" | "Val"
  | "WhereExpression" | "toSearch"
>;

type Name =
  | keyof Builders
  | "from" | "minK" | "maxK" | "all"
  | keyof (ours.KeyFactory & ours.Key & ours.WhereExpression & ours.RankExpression & ours.Select & ours.Search);

/** The builders and all that they make, without the types that forbid much of what is tried here. */
type Untyped = { [N in Name]: Untyped } & ((...args: unknown[]) => Untyped) & (new (...args: unknown[]) => Untyped);

/** What to build, with the builders of either package. */
type Recipe = (c: Untyped) => unknown;

const theirBuilders = official as unknown as Builders;

/** What is sent, as JSON; searches have no other form of it than their payload. */
function json(c: Builders, built: unknown): unknown {
  const sent = built instanceof c.Search ? built.toPayload() : built;
  return sent === undefined ? undefined : JSON.parse(JSON.stringify(sent));
}

function build(c: Builders, recipe: Recipe): unknown {
  return json(c, recipe(c as unknown as Untyped));
}

function refusal(c: Builders, recipe: Recipe): string {
  try {
    build(c, recipe);
  } catch (error) {
    return (error as Error).name;
  }
  return "nothing was thrown";
}

const sparse = { indices: [1, 5], values: [0.5, 2] };

function* generated<T>(...items: T[]) {
  yield* items;
}

const WHERE: Recipe[] = [
  (c) => c.K("a").eq(1),
  (c) => c.K("a").ne("x"),
  (c) => c.K("a").gt(1.5),
  (c) => c.K("a").gte(2),
  (c) => c.K("a").lt(-3),
  (c) => c.K("a").lte(true),
  (c) => c.K("a").eq(null),
  (c) => c.K("a").eq([1, 2]),
  (c) => c.K("__proto__").eq("x"),
  (c) => c.K.ID.isIn(["a", "b"]),
  (c) => c.K("a").isIn(new Set([1, 2])),
  (c) => c.K("a").isIn(generated("x", "y")),
  (c) => c.K("a").isIn(new Float32Array([1, 2])),
  (c) => c.K("a").isIn({ length: 2, 0: "x", 1: "y" }),
  (c) => c.K("a").isIn("xy"),
  (c) => c.K("a").notIn([false]),
  (c) => c.K.DOCUMENT.contains("x"),
  (c) => c.K("tags").contains(42),
  (c) => c.K.DOCUMENT.notContains("x"),
  (c) => c.K("tags").notContains(true),
  (c) => c.K.DOCUMENT.regex("^a.*"),
  (c) => c.K("a").notRegex("b$"),
  (c) => new c.Key("a").eq(1),
  (c) => c.K("a").eq(1).and(c.K("b").eq(2)),
  (c) => c.K("a").eq(1).and(c.K("b").eq(2)).and(c.K("c").eq(3)),
  (c) => c.K("a").eq(1).and(c.K("b").eq(2).and(c.K("c").eq(3))),
  (c) => c.K("a").eq(1).or(c.K("b").eq(2)).or({ c: 3 }),
  (c) => c.K("a").eq(1).or(c.K("b").eq(2)).and(c.K("c").eq(3).or({ d: 4 })),
  (c) => c.K("a").eq(1).and(null),
  (c) => c.K("a").eq(1).or(undefined),
  (c) => c.K("a").eq(1).and({ $and: [{ b: 2 }, { c: 3 }] }),
  (c) => c.WhereExpression.from(null),
  (c) => c.WhereExpression.from(undefined),
  (c) => c.WhereExpression.from(c.K("a").eq(1)),
  (c) => c.WhereExpression.from({ a: 1 }),
  (c) => c.WhereExpression.from({ a: null }),
  (c) => c.WhereExpression.from({ a: [1] }),
  (c) => c.WhereExpression.from({ $not: 5 }),
  (c) => c.WhereExpression.from({ "#document": { $regex: "x" } }),
  (c) => c.WhereExpression.from({ a: { $in: [] } }),
  (c) => c.WhereExpression.from({ a: { $contains: { deep: 1 } } }),
  (c) => c.WhereExpression.from({ $and: [{ a: 1 }] }),
  (c) => c.WhereExpression.from({ $or: [c.K("a").eq(1), { b: { $ne: 2 } }] }),
  (c) => c.WhereExpression.from({ $and: [{ $and: [{ a: 1 }, { b: 2 }] }, { $or: [{ c: 3 }, { $or: [{ d: 4 }, { e: 5 }] }] }] }),
  (c) => c.WhereExpression.from(Object.setPrototypeOf({ a: 1 }, null)),
];

const RANK: Recipe[] = [
  (c) => c.Val(0),
  (c) => c.Val(-1.5),
  (c) => c.Knn({ query: [1, 2] }),
  (c) => c.Knn({ query: [] }),
  (c) => c.Knn({ query: [Number.NaN, "x"] }),
  (c) => c.Knn({ query: new Float32Array([0.1, 2]), limit: 3 }),
  (c) => c.Knn({ query: new Float64Array([0.1, 2]), limit: null }),
  (c) => c.Knn({ query: new Set([3, 4]), key: c.K("other") }),
  (c) => c.Knn({ query: generated(1, 2), key: "other" }),
  (c) => c.Knn({ query: { length: 1, 0: 7 } }),
  (c) => c.Knn({ query: sparse, key: "sparse", default: 4, returnRank: true }),
  (c) => c.Knn({ query: { ...sparse, tokens: ["x", "y"], "#type": "sparse_vector" } }),
  (c) => c.Knn({ query: "text", default: null, returnRank: false }),
  (c) => c.Knn({ query: "text", default: 0, key: c.K.EMBEDDING }),
  (c) => c.Knn({ query: "" }),
  (c) => c.Sum(c.Val(1)),
  (c) => c.Sum(1, 2, { $val: 3 }),
  (c) => c.Sum(c.Sum(1, 2), c.Sum(3, 4), 5),
  (c) => c.Sum(c.Sum(c.Sum(1, 2))),
  (c) => c.Sum(c.Mul(1, 2), c.Sum(3)),
  (c) => c.Sum(Number.NaN),
  (c) => c.Sum({ $sum: [1, 2] }, 3),
  (c) => c.Sub(c.Sub(1, 2), c.Knn({ query: [1] })),
  (c) => c.Mul(c.Mul(1, 2), c.Val(3)),
  (c) => c.Mul(7),
  (c) => c.Div(c.Knn({ query: "x" }), 2),
  (c) => c.Abs(-1),
  (c) => c.Exp(c.Abs(c.Log({ $val: 2 }))),
  (c) => c.Max(1, c.Max(2, 3), c.Min(4, 5)),
  (c) => c.Min(1, c.Min(2, 3), c.Max(4)),
  (c) => c.Val(1).add(),
  (c) => c.Val(1).add(2, c.Sum(3, 4)),
  (c) => c.Sum(1, 2).add(),
  (c) => c.Val(1).subtract(2).divide(c.Val(3)),
  (c) => c.Val(1).multiply().multiply(2).multiply(3, 4),
  (c) => c.Val(1).negate(),
  (c) => c.Mul(1, 2).negate().negate(),
  (c) => c.Val(1).abs().exp().log(),
  (c) => c.Val(1).max(2).max(3).min(4, 5).max(),
  (c) => c.RankExpression.from(null),
  (c) => c.RankExpression.from(undefined),
  (c) => c.RankExpression.from(c.Val(2)),
  (c) => c.RankExpression.from(3),
  (c) => c.RankExpression.from({}),
  (c) => c.RankExpression.from({ $anything: [1, { deep: undefined }], n: Number.NaN }),
  (c) => c.RankExpression.from({ $sum: [c.Knn({ query: [1] }), c.Val(2), c.Sum(3, 4)] }),
  (c) => c.Rrf({ ranks: [c.Knn({ query: [1], returnRank: true })] }),
  (c) => c.Rrf({ ranks: [c.Knn({ query: [1], returnRank: true }), c.Sum(1, 2), 3, { $val: 4 }] }),
  (c) => c.Rrf({ ranks: [1, 2], k: 10, weights: [0.3, 2] }),
  (c) => c.Rrf({ ranks: [1, 2, 3], weights: [1, 2, 4], normalize: true }),
  (c) => c.Rrf({ ranks: [1, 2, 3], normalize: true }),
  (c) => c.Rrf({ ranks: [1, 2], weights: [0, 0] }),
  (c) => c.Rrf({ ranks: [1, 2], weights: null }),
];

const PARTS: Recipe[] = [
  (c) => new c.Limit(),
  (c) => new c.Limit({ offset: 3 }),
  (c) => new c.Limit({ offset: 0, limit: 5 }),
  (c) => new c.Limit({ limit: null }),
  (c) => c.Limit.from(4),
  (c) => c.Limit.from(4, 2),
  (c) => c.Limit.from(4, null),
  (c) => c.Limit.from({ limit: 4 }, 2),
  (c) => c.Limit.from(new c.Limit({ offset: 1, limit: 2 }), 9),
  (c) => c.Limit.from(null),
  (c) => c.Limit.from(undefined, 3),
  (c) => new c.Select(),
  (c) => new c.Select(["a", c.K("a"), c.K.SCORE, "#score", "b"]),
  (c) => new c.Select("ab"),
  (c) => c.Select.all(),
  (c) => c.Select.all().values,
  (c) => c.Select.from(null),
  (c) => c.Select.from(c.Select.all()),
  (c) => c.Select.from(new Set(["x", "y"])),
  (c) => c.Select.from(generated<unknown>("x", c.K("y"))),
  (c) => c.Select.from({ keys: ["x"] }),
  (c) => c.Select.from({ keys: undefined }),
  (c) => new c.MinK([c.K.SCORE], 1),
  (c) => new c.MaxK([c.K("a"), c.K("b")], 2),
  (c) => c.Aggregate.minK(["a", c.K.SCORE], 3),
  (c) => c.Aggregate.maxK([c.K("a")], 3),
  (c) => c.Aggregate.from({ $min_k: { keys: ["a"], k: 1 } }),
  (c) => c.Aggregate.from({ $max_k: { keys: ["#score"], k: 2 } }),
  (c) => c.Aggregate.from(c.Aggregate.minK(["a"], 1)),
  (c) => new c.GroupBy([c.K("a")], c.Aggregate.minK(["b"], 1)),
  (c) => c.GroupBy.from({ keys: ["a", "b"], aggregate: { $max_k: { keys: ["#score"], k: 2 } } }),
  (c) => c.GroupBy.from({ keys: ["a"], aggregate: c.Aggregate.minK(["b"], 1) }),
  (c) => c.GroupBy.from(new c.GroupBy([c.K("a")], c.Aggregate.minK(["b"], 1))),
  (c) => c.GroupBy.from(undefined),
  (c) => c.GroupBy.from(null),
];

const groups = { keys: ["a"], aggregate: { $min_k: { keys: ["#score"], k: 2 } } };

const SEARCHES: Recipe[] = [
  (c) => new c.Search(),
  (c) => new c.Search({}),
  (c) => new c.Search({ where: null, rank: null, groupBy: null, limit: null, select: null }),
  (c) => new c.Search({ where: "", rank: 0, groupBy: false, select: "" }),
  (c) =>
    new c.Search({
      where: { a: 1 },
      rank: c.Knn({ query: [1] }),
      groupBy: groups,
      limit: { limit: 2, offset: 1 },
      select: ["a"],
    }),
  (c) => new c.Search({ rank: 5, limit: 5, select: { keys: [c.K.SCORE] } }),
  (c) => new c.Search().where({ a: 1 }).where(null).where(),
  (c) => new c.Search().where({ a: 1 }).where({ b: 2 }),
  (c) => new c.Search().rank(c.Val(1)).rank(null).rank(undefined),
  (c) => new c.Search().rank(1).rank(0),
  (c) => new c.Search().rank({ $val: 1 }),
  (c) => new c.Search().groupBy(groups).groupBy(undefined),
  (c) => new c.Search().limit(5),
  (c) => new c.Search().limit(5, 2),
  (c) => new c.Search().limit(5, 2).limit(),
  (c) => new c.Search().limit({ offset: 3 }, 9),
  (c) => new c.Search().limit(new c.Limit({ limit: 1 })).limit(null),
  (c) => new c.Search().select("a"),
  (c) => new c.Search().select("a", c.K.SCORE, "a"),
  (c) => new c.Search().select(["a", "b"], "c"),
  (c) => new c.Search().select(new Set(["a"])),
  (c) => new c.Search().select(c.Select.all()),
  (c) => new c.Search().select({ keys: generated("a", "b") }),
  (c) => new c.Search().select("a").select(),
  (c) => new c.Search().select(undefined, "a"),
  (c) => new c.Search().select("a").selectAll(),
  (c) => c.toSearch({ where: { a: 1 } }),
  (c) => c.toSearch(new c.Search({ limit: 1 })),
  (c) => c.toSearch(undefined),
  (c) => {
    const first = new c.Search({ where: { a: 1 }, limit: 1 });
    first.where({ b: 2 }).rank(1).groupBy(groups).limit(9).select("x");
    return first;
  },
  (c) => {
    const { whereClause, rankExpression, groupByConfig, limitConfig, selectConfig } = new c.Search({
      where: { a: 1 },
      rank: 2,
      groupBy: groups,
      limit: 3,
      select: ["b"],
    });
    return [whereClause, rankExpression, groupByConfig, limitConfig, selectConfig];
  },
  (c) => {
    const { whereClause, rankExpression, groupByConfig } = new c.Search();
    return [typeof whereClause, typeof rankExpression, typeof groupByConfig];
  },
];

const REFUSED: Recipe[] = [
  (c) => c.K("a").isIn([]),
  (c) => c.K("a").notIn(new Set()),
  (c) => c.K("a").isIn(null),
  (c) => c.K("a").isIn(5),
  (c) => c.K.DOCUMENT.contains(5),
  (c) => c.K("#document").notContains(true),
  (c) => c.K("a").regex(5),
  (c) => c.K("a").notRegex(/x/),
  (c) => c.K("a").eq(1).and("x"),
  (c) => c.K("a").eq(1).or([]),
  (c) => c.WhereExpression.from("x"),
  (c) => c.WhereExpression.from(5),
  (c) => c.WhereExpression.from([]),
  (c) => c.WhereExpression.from(new Date()),
  (c) => c.WhereExpression.from({}),
  (c) => c.WhereExpression.from({ a: 1, b: 2 }),
  (c) => c.WhereExpression.from({ a: {} }),
  (c) => c.WhereExpression.from({ a: { $gt: 1, $lt: 2 } }),
  (c) => c.WhereExpression.from({ a: { $like: "x" } }),
  (c) => c.WhereExpression.from({ $and: [] }),
  (c) => c.WhereExpression.from({ $and: { a: 1 } }),
  (c) => c.WhereExpression.from({ $or: "x" }),
  (c) => c.WhereExpression.from({ $or: [{ a: 1 }, null] }),
  (c) => c.WhereExpression.from({ $or: [{ a: 1 }, 5] }),
  (c) => c.WhereExpression.from({ $and: [{ a: 1 }, {}] }),
  (c) => c.WhereExpression.from({ $and: [{ a: 1 }], b: 2 }),
  (c) => c.WhereExpression.from({ $or: [{ a: 1 }], $and: [{ b: 1 }] }),
  (c) => c.Val(),
  (c) => c.Val("1"),
  (c) => c.Val(Number.NaN),
  (c) => c.Val(Infinity),
  (c) => c.Knn(),
  (c) => c.Knn({}),
  (c) => c.Knn({ query: null }),
  (c) => c.Knn({ query: [1], limit: 0 }),
  (c) => c.Knn({ query: [1], limit: 1.5 }),
  (c) => c.Knn({ query: [1], limit: "5" }),
  (c) => c.Knn({ query: [1], key: 5 }),
  (c) => c.Knn({ query: [1], default: "x" }),
  (c) => c.Knn({ query: [1], default: Number.NaN }),
  (c) => c.Knn({ query: [1], default: Infinity }),
  (c) => c.Knn({ query: new Float32Array([1, Number.NaN]) }),
  (c) => c.Knn({ query: new Set(["x"]) }),
  (c) => c.Knn({ query: generated(1, Infinity) }),
  (c) => c.Sum(),
  (c) => c.Mul(),
  (c) => c.Max(),
  (c) => c.Min(),
  (c) => c.Sum(null),
  (c) => c.Sum(1, undefined),
  (c) => c.Sum("x"),
  (c) => c.Sub(1),
  (c) => c.Sub(null, 1),
  (c) => c.Div(1, []),
  (c) => c.Abs(),
  (c) => c.Exp(null),
  (c) => c.Log("x"),
  (c) => c.Val(1).add(null),
  (c) => c.Val(1).subtract(),
  (c) => c.Val(1).multiply(2, undefined),
  (c) => c.Val(1).divide(null),
  (c) => c.Val(1).max("x"),
  (c) => c.Val(1).min([]),
  (c) => c.RankExpression.from("x"),
  (c) => c.RankExpression.from(true),
  (c) => c.RankExpression.from([]),
  (c) => c.RankExpression.from(new Date()),
  (c) => c.Rrf(),
  (c) => c.Rrf({}),
  (c) => c.Rrf({ ranks: [] }),
  (c) => c.Rrf({ ranks: "x" }),
  (c) => c.Rrf({ ranks: [1, null] }),
  (c) => c.Rrf({ ranks: [1], k: 0 }),
  (c) => c.Rrf({ ranks: [1], k: 0.5 }),
  (c) => c.Rrf({ ranks: [1], k: null }),
  (c) => c.Rrf({ ranks: [1], weights: [] }),
  (c) => c.Rrf({ ranks: [1], weights: [1, 2] }),
  (c) => c.Rrf({ ranks: [1, 2], weights: [1, -1] }),
  (c) => c.Rrf({ ranks: [1, 2], weights: [1, "2"] }),
  (c) => c.Rrf({ ranks: [1, 2], weights: [1, Number.NaN] }),
  (c) => c.Rrf({ ranks: [1, 2], weights: [1, Infinity] }),
  (c) => c.Rrf({ ranks: [1, 2], weights: [0, 0], normalize: true }),
  (c) => new c.Limit({ offset: -1 }),
  (c) => new c.Limit({ offset: 0.5 }),
  (c) => new c.Limit({ offset: null }),
  (c) => new c.Limit({ limit: 0 }),
  (c) => new c.Limit({ limit: "5" }),
  (c) => c.Limit.from(0),
  (c) => c.Limit.from(Number.NaN),
  (c) => c.Limit.from(5, -1),
  (c) => c.Limit.from("5"),
  (c) => c.Limit.from(true),
  (c) => new c.Select([5]),
  (c) => new c.Select(5),
  (c) => new c.Select(null),
  (c) => c.Select.from(5),
  (c) => c.Select.from({}),
  (c) => c.Select.from({ keys: 5 }),
  (c) => c.Select.from([null]),
  (c) => new c.MinK([], 1),
  (c) => new c.MinK([c.K("a")], 0),
  (c) => new c.MaxK([], 1),
  (c) => new c.MaxK([c.K("a")], -1),
  (c) => c.Aggregate.minK([], 1),
  (c) => c.Aggregate.maxK(["a"], 0),
  (c) => c.Aggregate.from({}),
  (c) => c.Aggregate.from(null),
  (c) => c.Aggregate.from("x"),
  (c) => c.Aggregate.from({ $min_k: null }),
  (c) => c.Aggregate.from({ $max_k: { k: 1 } }),
  (c) => c.Aggregate.from({ $max_k: { keys: [], k: 1 } }),
  (c) => new c.GroupBy([], c.Aggregate.minK(["b"], 1)),
  (c) => c.GroupBy.from({}),
  (c) => c.GroupBy.from({ keys: "a", aggregate: { $min_k: { keys: ["b"], k: 1 } } }),
  (c) => c.GroupBy.from({ keys: ["a"] }),
  (c) => c.GroupBy.from({ keys: [], aggregate: { $min_k: { keys: ["b"], k: 1 } } }),
  (c) => c.GroupBy.from({ keys: ["a"], aggregate: {} }),
  (c) => c.GroupBy.from([]),
  (c) => c.GroupBy.from("a"),
  (c) => new c.Search(null),
  (c) => new c.Search({ where: {} }),
  (c) => new c.Search({ where: "x" }),
  (c) => new c.Search({ rank: "x" }),
  (c) => new c.Search({ groupBy: {} }),
  (c) => new c.Search({ limit: 0 }),
  (c) => new c.Search({ select: 5 }),
  (c) => new c.Search().where(""),
  (c) => new c.Search().rank("x"),
  (c) => new c.Search().groupBy(""),
  (c) => new c.Search().limit(0),
  (c) => new c.Search().limit("5"),
  (c) => new c.Search().select(null),
  (c) => new c.Search().select(5),
  (c) => new c.Search().select({}),
  (c) => new c.Search().select("a", 5),
  (c) => new c.Search().select(["a", 5]),
  (c) => c.toSearch(null),
];

for (const [what, recipes] of Object.entries({ filters: WHERE, ranks: RANK, parts: PARTS, searches: SEARCHES })) {
  test(`${what} are written as the official client writes them`, () => {
    for (const recipe of recipes) {
      expect({ recipe: String(recipe), json: build(ours, recipe) }).toEqual({
        recipe: String(recipe),
        json: build(theirBuilders, recipe),
      });
    }
  });
}

test("what the official builders refuse is refused with an error of the same class", () => {
  for (const recipe of REFUSED) {
    const name = refusal(theirBuilders, recipe);
    expect(name).toMatch(/Error$/);
    expect({ recipe: String(recipe), name: refusal(ours, recipe) }).toEqual({ recipe: String(recipe), name });
  }
});

/** Builds the same with either package, as long as the seed is the same. */
class Chance {
  readonly #random: () => number;

  constructor(
    readonly c: Builders,
    seed: number,
  ) {
    this.#random = seededRandom(seed);
  }

  search(): ours.Search {
    let search = new this.c.Search(this.#oneOf([() => ({}), () => ({ where: this.#where(3) }), () => ({ limit: 7 })]));
    const steps = this.#list(5, () =>
      this.#oneOf<() => ours.Search>([
        () => () => search.where(this.#where(3)),
        () => () => search.rank(this.#rank(4)),
        () => () => search.limit(1 + this.#below(9), this.#below(9)),
        () => () => search.select(...this.#list(4, () => this.#field())),
        () => () => search.selectAll(),
        () => () => search.groupBy(new this.c.GroupBy([this.c.K(this.#field())], this.c.Aggregate.minK(["#score"], 2))),
      ]),
    );
    for (const step of steps) {
      search = step();
    }
    return search;
  }

  #where(depth: number): ours.WhereExpression {
    const { K, WhereExpression } = this.c;
    return this.#oneOf([
      () => K(this.#field()).eq(this.#number()),
      () => K(this.#field()).isIn(this.#list(3, () => this.#number())),
      () => K.DOCUMENT.contains(this.#field()),
      ...(depth === 0
        ? []
        : [
            () => this.#where(depth - 1).and(this.#where(depth - 1)),
            () => this.#where(depth - 1).or(this.#where(depth - 1).toJSON()),
            () =>
              WhereExpression.from({ $and: this.#list(3, () => this.#where(depth - 1).toJSON()) }) ??
              this.#where(depth - 1),
          ]),
    ]);
  }

  #rank(depth: number): ours.RankExpression {
    const { c } = this;
    const leaf = [
      () => c.Val(this.#number()),
      () => c.Knn({ query: this.#list(3, () => this.#number()), limit: 1 + this.#below(5), returnRank: this.#below(2) === 0 }),
      () => c.Knn({ query: { indices: [this.#below(9)], values: [this.#number()] }, key: this.#field(), default: this.#number() }),
    ];
    if (depth === 0) {
      return this.#oneOf(leaf);
    }
    const operands = () => this.#list(3, () => this.#rankInput(depth - 1));
    return this.#oneOf([
      ...leaf,
      ...[c.Sum, c.Mul, c.Max, c.Min].map((make) => () => make(...operands())),
      ...[c.Sub, c.Div].map((make) => () => make(this.#rankInput(depth - 1), this.#rankInput(depth - 1))),
      ...[c.Abs, c.Exp, c.Log].map((make) => () => make(this.#rankInput(depth - 1))),
      ...(["add", "multiply", "max", "min"] as const).map((method) => () => this.#rank(depth - 1)[method](...operands())),
      ...(["subtract", "divide"] as const).map((method) => () => this.#rank(depth - 1)[method](this.#rankInput(depth - 1))),
      ...(["negate", "abs", "exp", "log"] as const).map((method) => () => this.#rank(depth - 1)[method]()),
      () => c.Rrf({ ranks: operands(), k: 1 + this.#below(99), normalize: this.#below(2) === 0 }),
    ]);
  }

  #rankInput(depth: number): ours.RankInput {
    return this.#oneOf<ours.RankInput>([
      () => this.#number(),
      () => this.#rank(depth).toJSON(),
      () => this.#rank(depth),
      () => this.#rank(depth),
    ]);
  }

  #field(): string {
    return this.#oneOf(["a", "b", "#score", "__proto__", "constructor", ""].map((name) => () => name));
  }

  #number(): number {
    return this.#oneOf([() => this.#below(10), () => this.#random() - 0.5]);
  }

  /** At least one, at most `most`. */
  #list<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + this.#below(most) }, make);
  }

  #oneOf<T>(choices: (() => T)[]): T {
    const choice = choices[this.#below(choices.length)] as () => T;
    return choice();
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }
}

test("searches put together at random are written as the official client writes them", () => {
  for (let seed = 1; seed <= 1000; seed += 1) {
    const [mine, theirs] = [ours, theirBuilders].map((c) => json(c, new Chance(c, seed).search()));
    expect({ seed, sent: mine }).toEqual({ seed, sent: theirs });
  }
});

test("results are shown by rows as the official client shows them", () => {
  const columns = {
    ids: [["a", "b"], ["c"], []],
    documents: [["x", null], null, []],
    embeddings: [null, [[1, 2]], null],
    metadatas: [[{ k: 1 }, null], null, null],
    scores: [[0.5, 1], [2], null],
    select: [["#document", "#metadata", "#score"], ["#embedding", "#score"], []],
  };
  const [mine, theirs] = [ours, theirBuilders].map((c) => new c.SearchResult(structuredClone(columns)));
  expect({ ...mine }).toEqual({ ...theirs });
  expect(mine?.rows()).toStrictEqual(theirs?.rows());
  expect(mine?.rows()[0]?.[1]).toStrictEqual({ id: "b", score: 1 });
});

test("typed arrays are vectors within plain ranks too", () => {
  const rank = { $knn: { query: new Float32Array([1, 2]) } };
  expect(new ours.Search({ rank }).toPayload().rank).toEqual({ $knn: { query: [1, 2] } });
});
