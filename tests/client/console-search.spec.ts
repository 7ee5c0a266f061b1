/** The console's own logic: what does not need a page. */

import { expect, test } from "@playwright/test";
import { domainLabel, readGloss } from "../../www/src/data/wordnet";
import { formatBytes, formatMilliseconds, plural } from "../../www/src/lib/format";
import { hrefOf, parseHash } from "../../www/src/lib/hash-route";
import { FACETS, facetValues, toggled, whereOf } from "../../www/src/search/facets";
import type { Hit } from "../../www/src/search/hit";
import { countQueryWords, markWords } from "../../www/src/search/matches";
import { lettersFilter } from "../../www/src/search/plan";
import { fromParams, toParams } from "../../www/src/search/search-params";
import { typedWords } from "../../www/src/search/typed-words";
import { explain } from "../../www/src/store/problems";
import { percentiles } from "../../www/src/store/timings";

test.describe("words that are typed", () => {
  test("are taken once each, without punctuation", () => {
    expect(typedWords("the Frozen water, of THE frozen (rock-hard) lake!")).toEqual(["THE", "frozen", "water", "of", "rock", "hard", "lake"]);
    expect(typedWords(" ?! ")).toEqual([]);
  });

  test("are looked for by letters as typed, in lower case and with a capital", () => {
    expect(lettersFilter("rome")).toEqual({ $or: [{ $contains: "rome" }, { $contains: "Rome" }] });
    expect(lettersFilter("5 UNESCO")).toEqual({
      $and: [{ $contains: "5" }, { $or: ["UNESCO", "unesco", "Unesco"].map((word) => ({ $contains: word })) }],
    });
    expect(lettersFilter("!")).toBeUndefined();
  });

  test("are marked by their stems, which are those of the index", async () => {
    const hit: Hit = { id: "a", document: "run: he Runs, they were running and runners ran", metadata: null, score: 0, marks: [] };
    const [marked] = await markWords([hit], "the running dog");
    expect(marked).toMatchObject({ marks: ["run", "Runs", "running"], matchedWords: 1 });
    expect(await countQueryWords("the running dog runs")).toBe(2);
  });
});

test.describe("facets", () => {
  const facet = (key: string) => {
    const found = FACETS.find((candidate) => candidate.key === key);
    if (!found) throw new Error(`no facet ${key}`);
    return found;
  };

  test("make a filter of a selection, leaving out the one that is counted", () => {
    expect(whereOf({})).toBeUndefined();
    expect(whereOf({ pos: ["noun", "verb"] })).toEqual({ pos: { $in: ["noun", "verb"] } });
    const both = { pos: ["noun"], has_examples: ["yes"] };
    expect(whereOf(both)).toEqual({ $and: [{ pos: { $in: ["noun"] } }, { has_examples: { $in: [true] } }] });
    expect(whereOf(both, "pos")).toEqual({ has_examples: { $in: [true] } });
  });

  test("put every count into exactly the band that its filter describes", () => {
    const matches = (where: unknown, count: number): boolean => {
      const clause = where as { $and?: unknown[]; $or?: unknown[]; count?: { $gte?: number; $lt?: number } };
      if (clause.$and) return clause.$and.every((part) => matches(part, count));
      if (clause.$or) return clause.$or.some((part) => matches(part, count));
      return count >= (clause.count?.$gte ?? -Infinity) && count < (clause.count?.$lt ?? Infinity);
    };
    const bands = ["often", "sometimes", "seldom"];
    for (let count = 0; count < 60; count++) {
      const holding = bands.filter((band) => matches(facet("count").where([band]), count));
      expect(holding).toEqual([facet("count").valueOf(count)]);
      expect(matches(facet("count").where(bands), count)).toBe(true);
    }
  });

  test("sum what the index counts into their own values, and list chosen ones that have none", () => {
    const counted = [
      { value: "noun", count: 2 },
      { value: "verb", count: 1 },
    ];
    expect(facetValues(facet("pos"), counted, ["adverb"])).toEqual([
      { value: "noun", label: "Noun", count: 2 },
      { value: "verb", label: "Verb", count: 1 },
      { value: "adverb", label: "Adverb", count: 0 },
    ]);
    const uses = [30, 25, 24, 12, 0].map((value) => ({ value, count: 2 }));
    expect(facetValues(facet("count"), uses, []).map(({ value, count }) => [value, count])).toEqual([
      ["often", 4],
      ["sometimes", 4],
      ["seldom", 2],
    ]);
  });

  test("are toggled value by value", () => {
    const once = toggled({}, "pos", "noun");
    expect(once).toEqual({ pos: ["noun"] });
    expect(toggled(once, "pos", "noun")).toEqual({});
  });
});

test.describe("the address", () => {
  test("holds a search and gives it back", () => {
    const search = { text: "a & b = ü", mode: "both" as const, like: "n1", selection: { pos: ["noun", "verb"] } };
    expect(fromParams(new URLSearchParams(toParams(search).toString()))).toEqual(search);
    expect(fromParams(new URLSearchParams("mode=sideways&colour=red"))).toEqual({ text: "", mode: "meaning", like: undefined, selection: {} });
  });

  test("names a view and what it is about", () => {
    expect(parseHash("").view).toBe("search");
    const { view, argument, params } = parseHash(hrefOf("records", "a.b-c", new URLSearchParams({ page: "2" })));
    expect([view, argument, params.get("page")]).toEqual(["records", "a.b-c", "2"]);
    expect(parseHash("#/records/100%").argument).toBe("100%");
  });
});

test("errors are explained by what can be done about them", () => {
  const caused = (name: string, message: string, cause?: unknown) => Object.assign(new Error(message, { cause }), { name });
  const locked = caused("ChromaServerError", "x", caused("StorageError", "the store is in use by another tab, worker or process: lock held"));
  expect(explain(locked).kind).toBe("locked");
  expect(explain(caused("ChromaServerError", "bad block", caused("CorruptionError", "bad block"))).kind).toBe("corrupt");
  expect(explain(caused("ChromaQuotaExceededError", "full")).kind).toBe("full");
  const refused = explain(caused("ChromaClientError", "Bad request to Chroma with status: Validation error: name: too short"));
  expect(refused).toMatchObject({ kind: "refused", detail: "name: too short" });
  expect(explain("just a string")).toMatchObject({ kind: "other", detail: "just a string" });
});

test("a gloss is read out of any record", () => {
  const metadata = { lemmas: ["cat", "true cat"], pos: "noun", domain: "noun.animal", count: 18 };
  expect(readGloss("n1", "cat, true cat: feline: with fur", metadata)).toEqual({
    title: "cat, true cat",
    definition: "feline: with fur",
    partOfSpeech: "noun",
    domain: "noun.animal",
    count: 18,
  });
  expect(readGloss("x", null, null)).toMatchObject({ title: "x", definition: "", count: 0 });
  expect(domainLabel("noun.animal", { long: true })).toBe("animal (noun)");
  expect(domainLabel("adj.all")).toBe("general");
});

test("numbers are written as people read them", () => {
  expect([formatBytes(999), formatBytes(1234567), formatBytes(10737418240)]).toEqual(["999 B", "1.23 MB", "10.7 GB"]);
  expect([formatMilliseconds(0.424), formatMilliseconds(12.3), formatMilliseconds(2500)]).toEqual(["0.42 ms", "12 ms", "2.5 s"]);
  expect([plural(1, "word"), plural(1200, "word")]).toEqual(["1 word", "1,200 words"]);
  expect(percentiles([5, 1, 3, 2, 4])).toEqual({ median: 3, p95: 5 });
  expect(percentiles([])).toBeUndefined();
});
