/** JSON taken apart without reading it: what comes out is what is in it. */

import { isDeepStrictEqual } from "node:util";

import { expect, test } from "@playwright/test";

import { elementsOf, membersOf } from "../../pkg/src/json-text.js";
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
