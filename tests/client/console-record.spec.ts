/** Metadata that the console lets people change as JSON. */

import { expect, test } from "@playwright/test";
import type { Metadata } from "chromatid";

import { changesOf, editableText, fixedKeys, readMetadata } from "../../www/src/data/metadata-edit";

const METADATA = {
  topic: "sea",
  n: 1.5,
  list: ["a", "b"],
  big: 9_007_199_254_740_993n,
  bigs: [1, 9_007_199_254_740_993n],
  words: { indices: [1], values: [0.5] },
} as unknown as Metadata;

test("what JSON would not keep is left as it is", () => {
  expect(JSON.parse(editableText(METADATA))).toEqual({ topic: "sea", n: 1.5, list: ["a", "b"] });
  expect(fixedKeys(METADATA)).toEqual(["big", "bigs", "words"]);
  expect([editableText(null), fixedKeys(null)]).toEqual(["{}", []]);
});

test("only what differs is written, and nulls for what is gone", () => {
  const { topic, ...rest } = JSON.parse(editableText(METADATA)) as Metadata;
  expect(changesOf(METADATA, { topic: topic ?? null, ...rest })).toEqual({});
  expect(changesOf(METADATA, { ...rest, n: 2, list: ["a"], added: true })).toEqual({ n: 2, list: ["a"], added: true, topic: null });
  expect(changesOf(null, { a: 1 })).toEqual({ a: 1 });
});

test("what is no metadata is told", () => {
  expect(readMetadata(" ")).toEqual({ metadata: {} });
  expect(readMetadata('{"a":[1,2],"b":"x","c":true}').metadata).toEqual({ a: [1, 2], b: "x", c: true });
  expect(readMetadata("{").error).toBe("This is not JSON.");
  expect(readMetadata("[1]").error).toContain("are an object");
  for (const wrong of ['{"a":null}', '{"a":{"b":1}}', '{"a":[1,"x"]}', '{"a":[]}']) {
    expect(readMetadata(wrong).error, wrong).toContain("“a” is neither");
  }
});
