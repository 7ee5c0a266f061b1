/**
 * Makes the records and queries of the benchmark of filters and texts, in `target/bench-data/wordnet-texts`. What is there already is
 * kept.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { say, SetupError } from "../../scripts/lib/log.mjs";
import { ROOT } from "../../scripts/lib/run.mjs";
import { whenChanged } from "../../scripts/lib/stamp.mjs";
import { inPython, makeSet } from "./make.mjs";
import { textQueries } from "./text-queries.mjs";

/** @typedef {import("../browser/conditions.js").TextRecord} TextRecord */

const DIRECTORY = "target/bench-data/wordnet-texts";

/** Questions that are asked, warming up included. */
const QUESTIONS = 300;

/** What queries are made of: other ones are made when it changes. */
const INPUTS = [
  ...["records", "questions"].map((part) => `${DIRECTORY}/${part}.jsonl`),
  ...["texts", "text-queries", "bm25"].map((name) => `benches/data/${name}.mjs`),
  ...["conditions", "random", "stems"].map((name) => `benches/browser/${name}.js`),
];

/**
 * Records for all sizes, and for one of them its queries (`n<size>/queries.json`).
 * @param {number} size
 */
export async function makeTexts(size) {
  await makeSet("wordnet", size);
  if (!existsSync(path.join(ROOT, DIRECTORY, "records.jsonl"))) {
    say("wordnet-texts: making records of the glosses, and vectors of their questions");
    await inPython("benches/data/wordnet_texts.py");
  }
  const directory = `${DIRECTORY}/n${size}`;
  await whenChanged(`bench-texts-${size}`, directory, INPUTS, async () => {
    say(`wordnet-texts: finding the answers to all queries in ${size} records (half a minute for 100,000)`);
    const records = /** @type {TextRecord[]} */ (readLines("records")).slice(0, size);
    if (records.length < size) {
      throw new SetupError(`there are ${records.length} records, not ${size}`);
    }
    mkdirSync(path.join(ROOT, directory), { recursive: true });
    const queries = textQueries(records, questionsFor(size));
    writeFileSync(path.join(ROOT, directory, "queries.json"), `${JSON.stringify(queries)}\n`);
    return Promise.resolve();
  });
}

/** @param {number} size */
function questionsFor(size) {
  const all = /** @type {{ row: number, text: string }[]} */ (readLines("questions"));
  return all
    .map((question, vector) => ({ ...question, vector }))
    .filter(({ row }) => row < size)
    .slice(0, QUESTIONS);
}

/** @param {"records" | "questions"} part */
function readLines(part) {
  const text = readFileSync(path.join(ROOT, DIRECTORY, `${part}.jsonl`), "utf8");
  return text.trimEnd().split("\n").map((line) => /** @type {unknown} */ (JSON.parse(line)));
}
