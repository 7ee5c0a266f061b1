/** When two arguments of a hook ask the same: else a component that writes them anew asks again at every render, without an end. */

import { expect, test } from "@playwright/test";
import { K, Knn, Search } from "chromatid";

import { isSame } from "../../pkg/src/react/same.js";

/** Each makes arguments that are new objects, and ask the same as those that it made before. */
const QUESTIONS: Record<string, () => unknown> = {
  "a query": () => ({ query: { queryEmbeddings: [[1, 0.5]], nResults: 2, where: { $and: [{ year: { $gte: 2020 } }, { tag: { $in: ["a", "b"] } }] } } }),
  "a typed vector": () => ({ queryEmbeddings: [Float32Array.of(1, -0, Infinity)] }),
  "a vector that is refused": () => ({ queryEmbeddings: [Float32Array.of(1, NaN), [NaN]] }),
  "a search that was built": () => new Search().where(K("year").gte(2020)).rank(Knn({ query: [1, 2] })).limit(3),
  "nothing, and what is not there": () => ({ a: undefined, b: null, c: [] }),
};

for (const [name, question] of Object.entries(QUESTIONS)) {
  test(`the same: ${name}`, () => {
    expect(isSame(question(), question())).toBe(true);
  });
}

test("another", () => {
  const questions = [
    ...Object.values(QUESTIONS).map((question) => question()),
    { queryEmbeddings: [Float32Array.of(1, -0)] },
    { queryEmbeddings: [Float64Array.of(1, -0, Infinity)] },
    { queryEmbeddings: [[1, -0, Infinity]] },
    new Search().where(K("year").gte(2021)).rank(Knn({ query: [1, 2] })).limit(3),
    { a: null, b: null, c: [] },
    { b: null, c: [] },
    { a: undefined, b: null, c: {} },
    undefined,
    null,
  ];
  const same = questions.flatMap((one, i) => questions.slice(i + 1).filter((other) => isSame(one, other)));
  expect(same).toEqual([]);
});
