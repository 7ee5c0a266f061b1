/** The console's query builder: what a draft, or JSON written by hand, is as a search and as code. */

import { expect, test } from "@playwright/test";
import * as chromatid from "chromatid";
import { compile, type Target } from "../../www/src/query/compile";
import { searchCode, codeOf } from "../../www/src/query/code";
import { emptyDraft, newCondition, operatorsOf, replacePart, type Condition, type Draft, type Group } from "../../www/src/query/draft";
import { readPayload, type Payload } from "../../www/src/query/payload";

const TARGET: Target = {
  keys: [
    { name: "pos", types: ["text"] },
    { name: "count", types: ["number"] },
    { name: "flag", types: ["flag"] },
    { name: "mixed", types: ["text", "number"] },
  ],
  words: "bm25",
  embeds: true,
};

const condition = (key: string, operator: Condition["operator"], value: string): Condition => ({
  ...newCondition(key, TARGET.keys),
  operator,
  value,
});
const group = (connective: Group["connective"], ...parts: Group["parts"]): Group => ({ ...emptyDraft("none").where, connective, parts });
const draft = (part: Partial<Draft>): Draft => ({ ...emptyDraft("none"), ...part });
const payloadOf = (part: Partial<Draft>): Payload => compile(draft(part), TARGET).search.toPayload();

/** The payload of the search that code builds. */
function evaluate(payload: Payload): Payload {
  const { expression, names } = searchCode(payload);
  const known = [...names];
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the code is there to be run
  const build = new Function(...known, `return ${expression}`) as (...values: unknown[]) => chromatid.Search;
  return build(...known.map((name) => chromatid[name as keyof typeof chromatid])).toPayload();
}

test("conditions become a filter, each value as the type that its key has", () => {
  const where = group(
    "and",
    condition("pos", "$in", "noun, verb"),
    condition("count", "$gte", "5"),
    group("or", condition("flag", "$eq", "true"), condition("mixed", "$eq", "7"), condition("mixed", "$ne", "x")),
    condition("#document", "$regex", "^a.*b$"),
    group("or"),
  );
  expect(payloadOf({ where })).toEqual({
    limit: { offset: 0, limit: 10 },
    select: { keys: ["#document", "#score", "#metadata"] },
    filter: {
      $and: [
        { pos: { $in: ["noun", "verb"] } },
        { count: { $gte: 5 } },
        { $or: [{ flag: { $eq: true } }, { mixed: { $eq: 7 } }, { mixed: { $ne: "x" } }] },
        { "#document": { $regex: "^a.*b$" } },
      ],
    },
  });
});

test("records that were chosen limit what the conditions find, and none limit nothing", () => {
  const where = group("and", condition("pos", "$eq", "noun"));
  const among = ["n1", "n2"];
  expect(payloadOf({ among })).toMatchObject({ filter: { "#id": { $in: among } } });
  expect(payloadOf({ among, where })).toMatchObject({ filter: { $and: [{ "#id": { $in: among } }, { pos: { $eq: "noun" } }] } });
  expect(payloadOf({ among: [] })).toEqual(payloadOf({}));
});

test("what is missing or wrong is said, and left out", () => {
  const wrong = condition("count", "$eq", "many");
  const empty = condition("pos", "$eq", "");
  const { search, problems } = compile(draft({ where: group("and", wrong, empty), ranking: "both", limit: "0", offset: "-1" }), TARGET);
  expect(search.toPayload()).toEqual({ limit: { offset: 0 }, select: { keys: ["#document", "#score", "#metadata"] } });
  expect(problems.get(wrong.id)).toBe("“many” is no number");
  expect(problems.get(empty.id)).toBe("Needs a value");
  expect([...problems.keys()].slice(2)).toEqual(["text", "limit", "offset"]);
});

test("ranks are by words, by meaning, or both", () => {
  expect(payloadOf({ ranking: "words", text: "ice" }).rank).toEqual({ $knn: { query: "ice", key: "bm25", limit: 128 } });
  expect(payloadOf({ ranking: "meaning", text: "ice" }).rank).toEqual({ $knn: { query: "ice", key: "#embedding", limit: 128 } });
  expect(JSON.stringify(payloadOf({ ranking: "both", text: "ice" }).rank).match(/return_rank/g)).toHaveLength(2);
});

test("operators fit the key, and parts are replaced wherever they are", () => {
  expect(operatorsOf("#document", TARGET.keys)).toContain("$regex");
  expect(operatorsOf("flag", TARGET.keys)).toEqual(["$eq", "$ne"]);
  expect(operatorsOf("pos", TARGET.keys)).not.toContain("$gt");
  const inner = condition("pos", "$eq", "a");
  const outer = group("and", group("or", inner));
  expect(replacePart(outer, inner.id, { ...inner, value: "b" }).parts[0]).toMatchObject({ parts: [{ value: "b" }] });
  expect(replacePart(outer, inner.id, undefined).parts[0]).toMatchObject({ parts: [] });
});

test("the code builds the payload that is shown", () => {
  const where = group("or", group("and", condition("pos", "$eq", 'a "b"'), condition("count", "$lt", "3")), condition("#document", "$contains", "x"));
  const payloads = [
    payloadOf({}),
    payloadOf({ where, ranking: "both", text: "ice", offset: "5" }),
    payloadOf({ ranking: "words", text: "ice", limit: "", offset: "2", fields: [] }),
    readPayload(
      JSON.stringify({
        rank: { $sub: { left: { $max: [{ $knn: { query: [1, 2], key: "#embedding", limit: 5, default: 2 } }, { $val: 1 }] }, right: { $exp: { $val: 2 } } } },
        group_by: { keys: ["pos"], aggregate: { $min_k: { keys: ["#score"], k: 1 } } },
        select: ["pos"],
      }),
    ).search?.toPayload(),
  ];
  for (const payload of payloads) {
    expect(payload).toBeDefined();
    if (payload) expect(evaluate(payload)).toEqual(payload);
  }
  const code = codeOf("notes", payloadOf({ ranking: "both", text: "ice" }));
  expect(code).toContain('import { K, Knn, Rrf, Search, open } from "chromatid";\nimport "chromatid/bm25";');
  expect(code).toContain('getCollection({ name: "notes" })');
});

test("JSON that is no search is refused in words, with the place", () => {
  expect(readPayload('{\n  "limit": {"limit": 3},\n}').error).toMatch(/^This is not JSON\. Line 3, column 1: /);
  expect(readPayload("[]").error).toBe("A search is an object: { … }.");
  expect(readPayload('{"filtr": {}}').error).toBe("A search has no member “filtr”. It may have filter, rank, group_by, limit and select.");
  expect(readPayload('{"filter": {"a": {"$like": 1}}}').error).toMatch(/operator of a filter to be one of \$eq/);
  expect(readPayload('{"limit": {"limit": -1}}').error).toMatch(/positive integer, but got -1\.$/);
  expect(readPayload('{"filter": {"a": 1}, "limit": 2}').search?.toPayload()).toEqual({
    limit: { offset: 0, limit: 2 },
    select: { keys: [] },
    filter: { a: { $eq: 1 } },
  });
});
