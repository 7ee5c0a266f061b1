/** Search on a real collection finds what is known to be right, and most of it by words and vectors together. */

import { expect, test } from "@playwright/test";

import { shippedRelevance } from "../../benches/relevance.mjs";

test("over plain words, BM25, vectors and their fusion reach the nDCG@10 that was computed elsewhere", async () => {
  const { bm25, dense, hybrid } = await shippedRelevance("words");
  expect(Math.abs(bm25 - 0.297), `BM25: ${bm25}`).toBeLessThan(0.01);
  expect(Math.abs(dense - 0.346), `vectors: ${dense}`).toBeLessThan(0.01);
  expect(Math.abs(hybrid - 0.415), `fusion: ${hybrid}`).toBeLessThan(0.01);
  expect(hybrid).toBeGreaterThan(Math.max(bm25, dense));
});

test("chromatid/bm25 ranks better than plain words, and the fusion with vectors better still", async () => {
  const words = await shippedRelevance("words");
  const { bm25, dense, hybrid } = await shippedRelevance("stems");
  expect(bm25).toBeGreaterThan(words.bm25 + 0.05);
  expect(hybrid).toBeGreaterThan(Math.max(bm25, dense, words.hybrid));
});
