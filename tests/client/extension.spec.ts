/** Logic of the example of an extension that needs no browser. */

import { expect, test } from "@playwright/test";

import type { Block } from "../../examples/extension/src/messages";
import { canonical, isWebPage, linkTo, siteOf } from "../../examples/extension/src/store/address";
import { passagesOf } from "../../examples/extension/src/store/passages";
import { markedRuns } from "../../examples/extension/src/ui/marks";

const sentence = (n: number): string => `This is sentence number ${String(n)} of a long paragraph about nothing.`;
const sentences = (count: number): string => Array.from({ length: count }, (_, n) => sentence(n)).join(" ");

test("passages know their headings, and where in the text they are", () => {
  const blocks: Block[] = [
    { text: "Before any heading." },
    { text: "Animals", level: 1 },
    { text: "Cats", level: 2 },
    { text: "They purr." },
    { text: "They sleep." },
    { text: "Plants", level: 1 },
    { text: sentences(40) },
  ];
  const whole = blocks.map(({ text }) => text).join("\n");
  const passages = passagesOf(blocks, "en");
  expect(passages.slice(0, 2)).toMatchObject([
    { heading: "", text: "Before any heading." },
    { heading: "Animals › Cats", text: "They purr.\nThey sleep." },
  ]);
  expect(passages.slice(2).every(({ heading }) => heading === "Plants")).toBe(true);
  for (const { text, start, end } of passages) {
    expect(whole.slice(start, end)).toBe(text);
    expect(text.length).toBeLessThanOrEqual(700);
  }
  expect(passages.map(({ text }) => text).join(" ")).toContain(`${sentence(38)} ${sentence(39)}`);
});

test("text without sentences or spaces is cut, and no character in two", () => {
  const text = "🐺".repeat(1000);
  const passages = passagesOf([{ text }]);
  expect(passages.map((passage) => passage.text).join("")).toBe(text);
  expect(passages.every((passage) => passage.text.length <= 700 && !/^[\uDC00-\uDFFF]/.test(passage.text))).toBe(true);
  expect(passagesOf([{ text: "Only a heading", level: 1 }])).toEqual([]);
});

test("addresses are the same wherever a reader came from, and only pages of the web are pages", () => {
  expect(canonical("https://Example.com/a?utm_source=x&id=1&fbclid=2#part")).toBe("https://example.com/a?id=1");
  expect(canonical("https://example.com/#/inbox")).toBe("https://example.com/#/inbox");
  expect(siteOf("https://www.example.com/a")).toBe("example.com");
  expect(["https://a.b/", "http://a.b/", "javascript:alert(1)", "chrome://settings", "nothing"].map(isWebPage)).toEqual([true, true, false, false, false]);
});

test("links quote a sentence, short ones whole, with what a text fragment takes for its own", () => {
  expect(linkTo("https://a.b/", "well-known, or not & so")).toBe("https://a.b/#:~:text=well%2Dknown%2C%20or%20not%20%26%20so");
  expect(linkTo("https://a.b/#/x", "one two three four five six seven eight nine ten eleven")).toBe("https://a.b/#/x:~:text=one%20two%20three%20four,eight%20nine%20ten%20eleven");
  expect(linkTo("https://a.b/", " ")).toBe("https://a.b/");
});

test("marked words are whole words, however they are written", () => {
  expect(markedRuns("Wolves, wolf; Wölfe", ["wolves", "wölfe"])).toEqual([
    { text: "Wolves", isMarked: true },
    { text: ", wolf; ", isMarked: false },
    { text: "Wölfe", isMarked: true },
  ]);
});
