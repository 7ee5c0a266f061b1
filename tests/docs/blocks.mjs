/** The blocks of code in the documents. */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const ROOT = path.join(import.meta.dirname, "../..");

/**
 * @typedef {object} Block
 * @property {string} name where it is: its document, the heading above it and, if that has several, which of them
 * @property {string} language as the fence tells it; empty if it tells none
 * @property {string} code
 */

/** The documents, relative to the root. */
export const DOCUMENTS = [
  "README.md",
  "pkg/README.md",
  ...within("docs", (name) => name.endsWith(".md")),
  ...within("examples", () => true).map((example) => `${example}/README.md`),
];

/**
 * @param {string} folder
 * @param {(name: string) => boolean} test
 */
function within(folder, test) {
  return readdirSync(path.join(ROOT, folder)).filter(test).sort().map((name) => `${folder}/${name}`);
}

/**
 * The blocks of a document, in order.
 * @param {string} document
 * @returns {Block[]}
 */
export function blocksOf(document) {
  /** @type {Block[]} */
  const blocks = [];
  let heading = "";
  /** @type {{ language: string, lines: string[] } | undefined} */
  let open;
  for (const line of readFileSync(path.join(ROOT, document), "utf8").split("\n")) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence && open) {
      const before = blocks.filter(({ name }) => name.startsWith(`${document}: ${heading}`)).length;
      const name = `${document}: ${heading}${before > 0 ? ` (${before + 1})` : ""}`;
      blocks.push({ name, language: open.language, code: open.lines.join("\n") });
      open = undefined;
    } else if (fence) {
      open = { language: fence[1] ?? "", lines: [] };
    } else if (open) {
      open.lines.push(line);
    } else {
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    }
  }
  return blocks;
}
