/** What the console makes of files that people drop: rows, fields, chunks and records. */

import { readFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "@playwright/test";
import { chunksOf, countWords } from "../../www/src/imports/chunks";
import { ENDINGS, formatOf } from "../../www/src/imports/formats/detect";
import { parseCsv } from "../../www/src/imports/formats/csv";
import { parseHtml } from "../../www/src/imports/formats/html";
import { parseJson } from "../../www/src/imports/formats/json";
import { parseJsonLines } from "../../www/src/imports/formats/json-lines";
import { parseMarkdown } from "../../www/src/imports/formats/text";
import { inspect } from "../../www/src/imports/inspect";
import type { Options } from "../../www/src/imports/job";
import { RecordMaker } from "../../www/src/imports/records";
import type { BadRow, Parser, Row } from "../../www/src/imports/rows";
import { propertyOf, vectorOf } from "../../www/src/imports/values";

const fixture = (name: string): File => new File([readFileSync(path.join(import.meta.dirname, "../fixtures/imports", name))], name);

async function parsed(parse: Parser, file: File): Promise<{ rows: Row[]; bad: BadRow[] }> {
  const rows: Row[] = [];
  const bad: BadRow[] = [];
  for await (const piece of parse(file)) {
    rows.push(...piece.rows);
    bad.push(...piece.bad);
  }
  return { rows, bad };
}

test.describe("CSV", () => {
  test("is read with quotes, lines in fields and any separator", async () => {
    const { rows, bad } = await parsed(parseCsv, fixture("shop.csv"));
    expect(bad).toEqual([]);
    expect(rows).toHaveLength(6);
    expect(rows[4]).toEqual({
      place: "line 6",
      values: { sku: "f4", description: "A wheel that turns in the river\nand grinds the corn of the village", price: "80", organic: "true" },
    });
    expect(rows[5]?.place).toBe("line 8");
    const other = await parsed(parseCsv, new File(["\ufeffa;b;a\r\n1;\"x;\"\"y\"\"\r\nz\";3\r\n"], "x.csv"));
    expect(other.rows.map(({ values }) => values)).toEqual([{ a: "1", b: 'x;"y"\nz', "a 2": "3" }]);
  });

  test("tells the line of a record that has too few fields, and reads the others", async () => {
    const { rows, bad } = await parsed(parseCsv, new File(["a,b\n1,2\n3\n4,5\n"], "x.csv"));
    expect(rows.map(({ values }) => values.a)).toEqual(["1", "4"]);
    expect(bad).toEqual([{ place: "line 3", message: "it has 1 fields, the first line has 2" }]);
  });

  test("of several pieces has every record once, whatever lies across their ends", async () => {
    const text = (i: number): string => `${"ä€😀".repeat(i % 50)} "${i}"\n${i}`;
    const lines = Array.from({ length: 4000 }, (_, i) => `${i},"${text(i).replaceAll('"', '""')}"`);
    const { rows, bad } = await parsed(parseCsv, new File([`id,text\r\n${lines.join("\r\n")}`], "x.csv"));
    expect(bad).toEqual([]);
    expect(rows.map(({ values }) => values)).toEqual(Array.from({ length: 4000 }, (_, i) => ({ id: String(i), text: text(i) })));
  });
});

test.describe("JSON", () => {
  test("lines that are none are told, and members of metadata are fields", async () => {
    const { rows } = await parsed(parseJsonLines, fixture("films.jsonl"));
    expect(rows[0]?.values).toEqual({ id: "m0", text: "A shark frightens a small town by the sea", year: 1975, tags: ["film", "old"] });
    const { bad } = await parsed(parseJsonLines, new File(['{"a":1}\n\n{"a":\n7\n'], "x.jsonl"));
    expect(bad.map(({ place }) => place)).toEqual(["line 3", "line 4"]);
  });

  test("lists are read item by item, with brackets and quotes in texts", async () => {
    const items = Array.from({ length: 5000 }, (_, i) => ({ id: i, text: `[{"${i}\\ ]},`.repeat(i % 20), tags: [i, [i]] }));
    const { rows, bad } = await parsed(parseJson, new File([`\n ${JSON.stringify(items, null, 1)}`], "x.json"));
    expect(bad).toEqual([]);
    expect(rows.map(({ values }) => values)).toEqual(items);
    const broken = await parsed(parseJson, new File(['[\n{"a":1},\n{"a":x},\n{"a":3}\n]'], "x.json"));
    expect(broken.rows.map(({ values }) => values.a)).toEqual([1, 3]);
    expect(broken.bad.map(({ place }) => place)).toEqual(["line 3"]);
    await expect(parsed(parseJson, new File(['[{"a":1},'], "x.json"))).rejects.toThrow(/may have been cut off/);
  });

  test("columns of a Chroma collection are its records", async () => {
    const { rows } = await parsed(parseJson, fixture("chroma.json"));
    expect(rows.map(({ values }) => values)).toEqual([
      { id: "c1", document: "red light", embedding: [1, 0, 0], colour: "red", n: 1 },
      { id: "c2", document: "green light", embedding: [0, 1, 0], colour: "green", n: 2 },
      { id: "c3", embedding: [0, 0, 1] },
    ]);
    await expect(parsed(parseJson, new File(['{"ids":[["a"]]}'], "x.json"))).rejects.toThrow(/answer of a query/);
  });
});

test.describe("texts", () => {
  test("of Markdown know their headings, and code has none", async () => {
    const { rows } = await parsed(parseMarkdown, fixture("guide.md"));
    expect(rows.map(({ values }) => values.heading)).toEqual(["Gardening", "Gardening › Watering", "Gardening › Pruning"]);
    expect(rows[1]?.values.text).toContain("# no heading");
  });

  test("of HTML are what people read", async () => {
    const { rows } = await parsed(parseHtml, fixture("page.html"));
    expect(rows.map(({ values }) => values)).toEqual([{ text: "Volcanoes\n\nMolten rock rises through the crust & erupts.", title: "Volcanoes" }]);
  });

  test("are cut at paragraphs and sentences, and nothing is lost", () => {
    const sentence = (i: number): string => `Sentence ${i} has exactly six words.`;
    const text = Array.from({ length: 20 }, (_, p) => Array.from({ length: 5 }, (_, s) => sentence(p * 5 + s)).join(" ")).join("\n\n");
    const chunks = chunksOf(text, { size: 40, overlap: 12, unit: "words" });
    for (const chunk of chunks) {
      expect(countWords(chunk)).toBeLessThanOrEqual(40);
      expect(chunk).toMatch(/^Sentence [\s\S]*words\.$/);
    }
    for (let i = 0; i < 100; i++) expect(chunks.some((chunk) => chunk.includes(sentence(i)))).toBe(true);
    // One word longer than a chunk is cut through, never between the halves of a character.
    expect(chunksOf("😀".repeat(25), { size: 20, overlap: 0, unit: "characters" }).join("")).toBe("😀".repeat(25));
    expect(chunksOf("  \n ", { size: 20, overlap: 5, unit: "words" })).toEqual([]);
  });
});

test.describe("records", () => {
  const options: Options = { collection: "c", fields: [], passOver: false };

  test("have ids that are the same each time, and metadata of the types that were chosen", () => {
    const fields: Options["fields"] = [
      { name: "t", role: "document" },
      { name: "n", role: "number" },
      { name: "b", role: "flag" },
      { name: "x", role: "skip" },
    ];
    const maker = new RecordMaker({ name: "a.csv", size: 1, format: "csv" }, { ...options, fields });
    const take = (values: Row["values"]) => maker.take({ place: "line 2", values });
    expect(take({ t: "one", n: "1.5", b: "yes", x: "?" })).toEqual([{ id: "a.csv#0", document: "one", embedding: undefined, metadata: { n: 1.5, b: true } }]);
    expect(take({ t: "", n: "1" })).toEqual([]);
    expect(take({ t: "three", n: "n/a", b: "" })[0]).toMatchObject({ id: "a.csv#2", metadata: { n: "n/a" } });
  });

  test("of texts are numbered through the file", () => {
    const maker = new RecordMaker({ name: "a.md", size: 1, format: "markdown" }, { ...options, chunking: { size: 10, overlap: 0, unit: "words" } });
    const records = ["one two three. ".repeat(5), "four"].flatMap((text) => maker.take({ place: "", values: { text, heading: "H" } }));
    expect(records.map(({ id }) => id)).toEqual(["a.md#0", "a.md#1", "a.md#2"]);
    expect(records[2]).toMatchObject({ document: "four", metadata: { source: "a.md", chunk: 2, heading: "H" } });
  });

  test("with a vector of another length are refused, with their line", () => {
    const maker = new RecordMaker({ name: "a.csv", size: 1, format: "csv" }, { ...options, fields: [{ name: "v", role: "vector" }] });
    maker.take({ place: "line 2", values: { v: "[1, 2]" } });
    expect(() => maker.take({ place: "line 3", values: { v: "[1 2 3]" } })).toThrow("line 3: its vector has 3 numbers, those before have 2");
    expect(() => vectorOf("[1, abc]", "line 4")).toThrow("line 4: number 2 of the vector is no number");
  });

  test("keep what is no single value as JSON", () => {
    expect(propertyOf([1, "a"], "as-is")).toBe('[1,"a"]');
    expect(propertyOf(["a", "b"], "as-is")).toEqual(["a", "b"]);
    expect(propertyOf(new Date(0), "as-is")).toBe("1970-01-01T00:00:00.000Z");
    expect(propertyOf(NaN, "as-is")).toBeUndefined();
  });
});

test("files are looked at: their format, their fields, and what these most likely are", async () => {
  const roles = async (name: string) => Object.fromEntries((await inspect([fixture(name)])).choices.map(({ name: field, role }) => [field, role]));
  expect(await roles("shop.csv")).toEqual({ sku: "text", description: "document", price: "number", organic: "flag" });
  expect(await roles("films.jsonl")).toEqual({ id: "id", text: "document", year: "as-is", tags: "as-is" });
  expect(await roles("chroma.json")).toEqual({ id: "id", document: "document", embedding: "vector", colour: "as-is", n: "as-is" });
  await expect(formatOf(new File(["x"], "a.exe"))).rejects.toThrow(/in no format/);
  await expect(inspect([fixture("shop.csv"), fixture("guide.md")])).rejects.toThrow(/Some of the files are tables/);
});

test("Parquet and PDF are read by their libraries", async () => {
  const { parseParquet } = await import("../../www/src/imports/formats/parquet");
  const { rows } = await parsed(parseParquet, fixture("weather.parquet"));
  expect(rows).toHaveLength(4);
  expect(rows[2]).toMatchObject({ place: "row 3", values: { id: "p2", text: "Rain drums on a tin roof", year: 2003n } });
  const { parsePdf } = await import("../../www/src/imports/formats/pdf");
  const pages = (await parsed(parsePdf, fixture("story.pdf"))).rows;
  expect(pages.map(({ values }) => values.page)).toEqual([1, 2]);
  expect(pages[0]?.values.text).toBe("The lighthouse keeper climbs the stairs\neach evening and lights the lamp.");
});

test("docs/IMPORT.md names every ending that is taken, and no other", () => {
  const [, table = ""] = /## What it takes\n\n([^]*?)\n\n/.exec(readFileSync(path.join(import.meta.dirname, "../../docs/IMPORT.md"), "utf8")) ?? [];
  expect(table.match(/(?<=`)\.\w+(?=`)/g)?.sort()).toEqual([...ENDINGS].sort());
});
