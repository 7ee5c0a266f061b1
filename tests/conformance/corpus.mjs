/** The corpus on disk: `cases/<area>/<scenario>.json`. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { parse, stringify } from "./json.mjs";

/** @typedef {import("./steps.mjs").Draft} Draft */
/** @typedef {import("./steps.mjs").Scenario} Scenario */

const CASES = path.join(import.meta.dirname, "cases");
const AREAS = path.join(import.meta.dirname, "areas");

/** @returns {Promise<[area: string, drafts: Draft[]][]>} what the scenarios are recorded from */
export async function readDrafts() {
  const modules = readdirSync(AREAS).sort();
  return Promise.all(modules.map(async (name) => [path.basename(name, ".mjs"), (await import(path.join(AREAS, name))).scenarios]));
}

/** @returns {[area: string, name: string, scenario: Scenario][]} */
export function readCases() {
  return readdirSync(CASES).sort().flatMap((area) =>
    readdirSync(path.join(CASES, area)).sort().map((file) => {
      const scenario = parse(readFileSync(path.join(CASES, area, file), "utf8"));
      return /** @type {[string, string, Scenario]} */ ([area, path.basename(file, ".json"), scenario]);
    }),
  );
}

export function clearCases() {
  rmSync(CASES, { recursive: true, force: true });
}

/**
 * A step a line, so that a difference shows what changed.
 * @param {string} area
 * @param {string} name
 * @param {Scenario} scenario
 */
export function writeCase(area, name, { about, steps }) {
  mkdirSync(path.join(CASES, area), { recursive: true });
  const lines = steps.map((step) => `    ${stringify(step)}`).join(",\n");
  writeFileSync(path.join(CASES, area, `${name}.json`), `{\n  "about": ${stringify(about)},\n  "steps": [\n${lines}\n  ]\n}\n`);
}
