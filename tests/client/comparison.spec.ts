/** Figures that docs/COMPARISON.md has from other documents are those of these documents. */

import { readFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "@playwright/test";

const read = (document: string) => readFileSync(path.join(import.meta.dirname, "../../docs", document), "utf8");

/** Tables as rows of cells, the heading first. */
function tablesOf(document: string): string[][][] {
  const blocks = read(document).match(/(?:^\|.*\|$\n?)+/gm) ?? [];
  return blocks.map((block) => block.trim().split("\n").map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim())));
}

const SOURCES = [...tablesOf("MEASURED.md"), ...tablesOf("INDEXES.md")];
const [, ...measured] = tablesOf("COMPARISON.md");

test("the comparison has tables of vectors, filters, words and costs", () => {
  expect(measured.map(([heading]) => heading!.length)).toEqual([9, 7, 5, 6]);
});

for (const [heading = [], , ...rows] of measured) {
  test(`as measured: ${heading.join(", ")}`, () => {
    const [first, ...columns] = heading;
    const source = SOURCES.find(([names = []]) => names[0] === first && columns.every((column) => names.includes(column)));
    const [names = [], , ...sourceRows] = source ?? [];
    const cut = (row: string[]) => [row[0], ...columns.map((column) => row[names.indexOf(column)])];
    expect(rows.length).toBeGreaterThan(5);
    expect(rows).toEqual(sourceRows.map(cut));
  });
}
