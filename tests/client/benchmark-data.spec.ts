/** The vectors of the benchmarks, and their exact neighbours. */

import { copyFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";

import { expect, test } from "@playwright/test";
import { toFloats } from "../../benches/browser/half.js";
import { DIMENSION, writeMixture } from "../../benches/data/mixture.mjs";
import { writeNeighbours } from "../../benches/data/neighbours.mjs";

const FIXTURES = path.join(import.meta.dirname, "..", "fixtures", "wordnet-5k");

const numbers = async (file: string) => {
  const bytes = await readFile(file);
  return [...new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)];
};

test("the neighbours of real vectors are those that were computed elsewhere", async () => {
  const info = test.info();
  const directory = info.outputPath();
  for (const part of ["base", "queries"]) {
    await copyFile(path.join(FIXTURES, `wordnet-5k.${part}.f16.bin`), path.join(directory, `${part}.f16.bin`));
  }
  writeNeighbours(directory, [1000, 5000]);
  const all = await numbers(path.join(directory, "n5000/all.i32.bin"));
  expect(all).toEqual(await numbers(path.join(FIXTURES, "wordnet-5k.gt.i32.bin")));

  // With a filter, the order is that of all neighbours, less those that it does not leave.
  const tenth = await numbers(path.join(directory, "n5000/tenth.i32.bin"));
  expect(tenth).toHaveLength(100 * 10);
  for (let query = 0; query < 100; query += 1) {
    const left = all.slice(query * 100, (query + 1) * 100).filter((row) => row % 10 === query % 10);
    const found = tenth.slice(query * 10, (query + 1) * 10);
    expect(found.slice(0, left.length)).toEqual(left.slice(0, 10));
    expect(found.every((row) => row % 10 === query % 10)).toBe(true);
  }

  // A smaller size knows only its own rows.
  const fewer = await numbers(path.join(directory, "n1000/all.i32.bin"));
  expect(Math.max(...fewer)).toBeLessThan(1000);
  const hundredth = await numbers(path.join(directory, "n1000/hundredth.i32.bin"));
  expect(hundredth.every((row, i) => row % 100 === Math.floor(i / 10) % 100)).toBe(true);
});

test("a smaller mixture is the beginning of a larger one, of unit vectors, and no query is in it", async () => {
  const info = test.info();
  const write = async (rows: number) => {
    const directory = info.outputPath(String(rows));
    await mkdir(directory, { recursive: true });
    writeMixture(directory, rows, 5);
    return { base: await readFile(path.join(directory, "base.f16.bin")), queries: await readFile(path.join(directory, "queries.f16.bin")) };
  };
  const [small, large] = [await write(1000), await write(2000)];
  expect(small.base).toHaveLength(1000 * DIMENSION * 2);
  expect(large.base.subarray(0, small.base.length).equals(small.base)).toBe(true);
  expect(large.queries.equals(small.queries)).toBe(true);
  expect(large.base.includes(small.queries.subarray(0, 2 * DIMENSION))).toBe(false);
  const first = toFloats(new Uint16Array(small.base.buffer, small.base.byteOffset, DIMENSION));
  expect(first.reduce((sum, component) => sum + component * component, 0)).toBeCloseTo(1, 2);
});
