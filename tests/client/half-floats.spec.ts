/** Half floats, which the vector files of tests and benchmarks hold. */

import { expect, test } from "@playwright/test";
import { toFloats, toHalf } from "../../benches/browser/half.js";

const widened = (bits: number) => toFloats(Uint16Array.of(bits))[0] ?? NaN;

test("every finite half float is read and written as itself", () => {
  const finite = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => (bits & 0x7c00) !== 0x7c00);
  expect(finite.filter((bits) => toHalf(widened(bits)) !== bits)).toEqual([]);
});

test("known values", () => {
  expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400].map(widened)).toEqual([1, -2, 65504, 2 ** -24, 2 ** -14]);
});

test("a value between two half floats becomes the nearer, of equally near ones the even", () => {
  const step = 2 ** -10;
  expect(toHalf(1 + 0.4 * step)).toBe(0x3c00);
  expect(toHalf(1 + 0.6 * step)).toBe(0x3c01);
  expect(toHalf(1 + 0.5 * step)).toBe(0x3c00);
  expect(toHalf(1 + 1.5 * step)).toBe(0x3c02);
  expect(toHalf(2 - 0.4 * step)).toBe(0x4000);
});
