/** JSON taken apart without reading it: what comes out is what is in it. */

import { isDeepStrictEqual } from "node:util";

import { expect, test } from "@playwright/test";

import { elementsOf, membersOf, parseExact, stringifyExact } from "../../pkg/src/json-text.js";
import { seededRandom } from "./support/random";

const HARD = ['"', "\\", "\\\\", '\\"', "]", "}", "[{", ",", ":", "\n", "\u0000", "ä☃🎉", "1.0", "null", ""];

function randomValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 0 ? 7 : 5));
  const some = <T>(make: () => T) => Array.from({ length: Math.floor(random() * 4) }, make);
  const text = () => some(() => HARD[Math.floor(random() * HARD.length)]).join("");
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random() < 0.5;
    case 2:
      return (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20);
    case 3:
    case 4:
      return text();
    case 5:
      return some(() => randomValue(random, depth - 1));
    default:
      return Object.fromEntries(some(() => [text(), randomValue(random, depth - 1)]));
  }
}

/** The texts that come out otherwise than `JSON.parse` reads them. */
function misread(values: readonly unknown[], space?: string | number): string[] {
  const object = Object.fromEntries(values.map((value, at) => [`${HARD[at] ?? ""}${String(at)}`, value]));
  const [list, members] = [JSON.stringify(values, null, space), JSON.stringify(object, null, space)];
  const read = elementsOf(list).map((text) => JSON.parse(text) as unknown);
  const readMembers = [...membersOf(members)].map(([name, text]) => [name, JSON.parse(text) as unknown]);
  return [
    ...(isDeepStrictEqual(read, JSON.parse(list)) ? [] : [list]),
    ...(isDeepStrictEqual(readMembers, Object.entries(JSON.parse(members) as object)) ? [] : [members]),
  ];
}

test("lists and objects of any content are taken apart, with spaces and without", () => {
  const random = seededRandom(7);
  const wrong: string[] = [];
  for (let round = 0; round < 3000; round += 1) {
    const values = Array.from({ length: round % 5 }, () => randomValue(random, 3));
    wrong.push(...[undefined, 2, "\t"].flatMap((space) => misread(values, space)));
  }
  expect(wrong).toEqual([]);
});

test("numbers keep their text", () => {
  const numbers = ["1.0", "-0.0", "9007199254740993", "1e400", "5E-324"];
  expect(elementsOf(`[${numbers.join(",")}]`)).toEqual(numbers);
  expect(membersOf(' { "a" : 1.0 , "b" : [9007199254740993] } ').get("b")).toBe("[9007199254740993]");
});

test("what is no list or ends too early is an error", () => {
  for (const text of ["", "{}", "null", "<html>", "[1", '["a', '["a\\"]', "[[1]", "[1 2]"]) {
    expect(() => elementsOf(text), text).toThrow(SyntaxError);
  }
  for (const text of ["", "[]", "{", '{"a"', '{"a":', '{"a" 1}']) {
    expect(() => membersOf(text), text).toThrow(SyntaxError);
  }
});

test("integers beyond 2^53 are read and written with all their digits", () => {
  const exact = '{"a":[9007199254740993,-9007199254740993,9007199254740991,1e21,0.6666666666666666],"9007199254740993":"9007199254740993","__proto__":{"b":12345678901234567890}}';
  const read = parseExact(exact) as Record<string, unknown>;
  expect(read.a).toEqual([9_007_199_254_740_993n, -9_007_199_254_740_993n, Number.MAX_SAFE_INTEGER, 1e21, 2 / 3]);
  expect(Object.getOwnPropertyDescriptor(read, "__proto__")?.value).toEqual({ b: 12_345_678_901_234_567_890n });
  expect(JSON.parse(stringifyExact(read))).toEqual(JSON.parse(exact));
  expect(stringifyExact({ a: [1n, undefined], b: undefined, c: 9_007_199_254_740_993n, d: null, e: "1" })).toBe('{"a":[1,null],"c":9007199254740993,"d":null,"e":"1"}');
  expect(stringifyExact({ a: undefined, b: [1.5] })).toBe('{"b":[1.5]}');
  expect(parseExact(" 9007199254740993 ")).toBe(9_007_199_254_740_993n);
  for (const broken of ["", "<html>1234567890123456</html>", '{"a":1234567890123456', "[1234567890123456,]"]) {
    expect(() => parseExact(broken), broken).toThrow(SyntaxError);
  }
});

test("everything else is read and written as by JSON", () => {
  const random = seededRandom(7);
  const rounded = (_: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);
  for (let n = 0; n < 500; n += 1) {
    const value = [randomValue(random, 3)];
    const text = JSON.stringify(value);
    expect(JSON.stringify(parseExact(text), rounded)).toBe(text);
    expect(stringifyExact([...value, 1n])).toBe(`${text.slice(0, -1)},1]`);
  }
});
