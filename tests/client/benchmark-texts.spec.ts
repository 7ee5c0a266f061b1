/** The queries of the benchmark of filters and texts, the answers that stores are compared with, and how answers are graded. */

import { expect, test } from "@playwright/test";

import { fingerprint, predicate, type TextRecord } from "../../benches/browser/conditions.js";
import { ndcg, overlap } from "../../benches/browser/relevance.js";
import { stemsOf } from "../../benches/browser/stems.js";
import { summaryOf } from "../../benches/browser/timing.js";
import { NaiveBm25 } from "../../benches/data/bm25.mjs";
import { QUERIES, textQueries } from "../../benches/data/text-queries.mjs";
import { sqlOf } from "../../benches/peers/texts/sql.js";
import { textTables } from "../../benches/report/text-tables.mjs";
import type { TextRow } from "../../benches/browser/text-results.js";

const record = (document: string, metadata: TextRecord["metadata"] = {}): TextRecord => ({ document, metadata });

test("conditions hold as Chroma's do", () => {
  const dog = record("dog: an animal that barks", { pos: "noun", synset: 5, has_examples: false });
  const cases: [where: Record<string, unknown>, holds: boolean][] = [
    [{ pos: { $eq: "noun" } }, true],
    [{ synset: { $eq: "5" } }, false],
    [{ has_examples: { $eq: false } }, true],
    [{ synset: { $gte: 5 } }, true],
    [{ synset: { $lt: 5 } }, false],
    [{ synset: { $in: [4, 5] } }, true],
    [{ pos: { $in: ["verb"] } }, false],
    [{ "#document": { $contains: "animal that" } }, true],
    [{ "#document": { $contains: "Animal" } }, false],
    [{ "#document": { $regex: "^dog.*s$" } }, true],
    [{ "#document": { $regex: "^animal" } }, false],
    [{ $and: [{ pos: { $eq: "noun" } }, { synset: { $gte: 1 } }, { synset: { $lt: 6 } }] }, true],
    [{ $and: [{ pos: { $eq: "noun" } }, { synset: { $gte: 6 } }] }, false],
  ];
  for (const [where, holds] of cases) {
    expect(predicate(where)(dog), JSON.stringify(where)).toBe(holds);
  }
});

test("a fingerprint is that of a set: the order does not matter, a row more or another one does", () => {
  expect(fingerprint([3, 1, 2])).toBe(fingerprint([1, 2, 3]));
  const rows = Array.from({ length: 1000 }, (_, row) => row);
  const others = rows.map((_, left) => fingerprint(rows.filter((row) => row !== left)));
  expect(new Set([...others, fingerprint(rows)]).size).toBe(1001);
  expect(fingerprint([0])).not.toBe(fingerprint([]));
});

test("BM25 ranks by the formula, the first of equal documents first", () => {
  const bm25 = new NaiveBm25(["the cat sat", "a dog", "cats and cats", "a dog"]);
  expect(bm25.meanLength).toBe((2 + 1 + 2 + 1) / 4);
  expect(bm25.search("Cat!", 10)).toEqual([2, 0]);
  expect(bm25.search("dogs", 10)).toEqual([1, 3]);
  expect(bm25.search("sat dog", 2)).toEqual([0, 1]);
  expect(bm25.search("of the", 10)).toEqual([]);
});

test("stems are those of words that are no stop words, with repetitions", () => {
  expect(stemsOf("The runners were running; a runner's RUN")).toEqual(["runner", "run", "runner", "run"]);
});

test("a ranking is graded by where the answer is", () => {
  expect([ndcg([7, 8], 7), ndcg([8, 7], 7), ndcg([8], 7)]).toEqual([1, 1 / Math.log2(3), 0]);
  expect([overlap([1, 2], [2, 3]), overlap([], [1]), overlap([1], [])]).toEqual([0.5, 0, 1]);
});

test("percentiles are times that were measured", () => {
  const times = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect(summaryOf(times)).toEqual({ queries: 200, p50_ms: 101, p99_ms: 199, mean_ms: 100.5 });
  expect(summaryOf([4])).toEqual({ queries: 1, p50_ms: 4, p99_ms: 4, mean_ms: 4 });
});

test("no query is asked twice, and the answers are those of the records", () => {
  const words = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "islet", "jetty"];
  const word = (i: number) => words[i % words.length] ?? "";
  const letters = (i: number) => [...String(i)].map((digit) => word(Number(digit)).slice(0, 2)).join("");
  const records = Array.from({ length: 3000 }, (_, i) =>
    record(`${letters(i)}: ${letters(7 * i)} ${letters(i)} ${word(i)}`, {
      ...{ domain: word(i), lemma: letters(i), synset: 13 * i, definition_length: i % 97, has_examples: i % 3 === 0 },
    }),
  );
  const { filters, questions } = textQueries(records, [{ row: 4, text: "delta", vector: 0 }]);
  expect(questions[0]?.bm25).toHaveLength(10);
  for (const { operation, ten, all } of filters) {
    const asked = [...ten, ...all].map(({ where }) => JSON.stringify(where));
    expect(new Set(asked).size, operation).toBe(2 * QUERIES);
    for (const { where, matches, fingerprint: wanted } of [ten[0], all[0]].flatMap((query) => query ?? [])) {
      const rows = records.flatMap((each, row) => (predicate(where)(each) ? [row] : []));
      expect({ operation, matches, wanted }).toEqual({ operation, matches: rows.length, wanted: fingerprint(rows) });
    }
  }
});

test("conditions become SQL with parameters in their order", () => {
  const dialect = {
    placeholder: (number: number) => `$${number}`,
    among: (key: string, values: unknown[], bind: (value: unknown) => string) => `${key} IN (${values.map(bind).join(", ")})`,
    contains: (text: string, bind: (value: unknown) => string) => `document LIKE ${bind(`%${text}%`)}`,
    matches: (pattern: string, bind: (value: unknown) => string) => `document ~ ${bind(pattern)}`,
  };
  const where = { $and: [{ pos: { $eq: "noun" } }, { synset: { $in: [1, 2] } }, { synset: { $lt: 9 } }] };
  expect(sqlOf(where, dialect)).toEqual({ sql: "pos = $1 AND synset IN ($2, $3) AND synset < $4", values: ["noun", 1, 2, 9] });
  expect(sqlOf({ "#document": { $contains: "a" } }, dialect)).toEqual({ sql: "document LIKE $1", values: ["%a%"] });
  expect(sqlOf({ "#document": { $regex: "^a" } }, dialect)).toEqual({ sql: "document ~ $1", values: ["^a"] });
});

test("tables show what is not there as a dash, and what is not right", () => {
  const times = { queries: 200, p50_ms: 1, p99_ms: 2.345, mean_ms: 1, first_ms: null, median_matches: 3 };
  const row: TextRow = {
    ...{ store: "a store", version: "1.0.0", holds: "texts", runs_in: "worker", n: 1000, measured: "", load_average: 0, failure: null },
    ...{ ingest: null, rankings: [], cold_open: null, memory: null, stored_bytes: 1_500_000 },
    filters: [{ ...times, operation: "range", answer: "ten", right: 0.5 }],
  };
  const machine = { cpu: "a processor", cores: 2, memory_bytes: 1, platform: "", chromium: null };
  const tables = textTables({ schema: 1, measured: "", machine, shipped: null, rows: [row, { ...row, n: 20, failure: { stage: "open", message: "no" } }] });
  const [first = "", second = ""] = tables.split("\n").filter((line) => line.startsWith("| a store"));
  expect([first, second]).toEqual([
    "| a store 1.0.0 | – | 1.00 / 2.35 (–), 50.0 % right | – | – | – | – | – |",
    "| a store 1.0.0 | – | – | – | – | – | – | – |",
  ]);
  expect(tables).toContain("- a store 1.0.0 failed at open: no");
  expect(tables).toContain("| 1.5 |");
});
