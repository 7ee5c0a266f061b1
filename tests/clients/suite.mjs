/**
 * What a suite of steps is expected to do: recorded from a Chroma server and, where ours differs, from ours. Every such step has its reason
 * in a table, without which the difference is a fault.
 */

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { difference } from "../conformance/compare.mjs";

/** @typedef {import("./outcomes.mjs").Outcome} Outcome */
/** @typedef {Map<string, Outcome>} Outcomes by the names of their steps: `chapter: step` */
/** @typedef {{ chroma: Outcome, ours?: Outcome }} Expected */
/** @typedef {{ because: string, steps: string[] }} Reason names of steps; one that ends with `*` stands for all that begin so */

export class Suite {
  #file;
  #reasons;

  /** @param {string} directory with `recorded.json` and `differences.json`, relative to this one */
  constructor(directory) {
    const at = path.join(import.meta.dirname, directory);
    this.#file = path.join(at, "recorded.json");
    this.#reasons = path.join(at, "differences.json");
  }

  /** @returns {Record<string, Expected>} */
  expected() {
    return readJson(this.#file, {});
  }

  /**
   * @param {Outcomes} chroma
   * @param {Outcomes} ours
   */
  record(chroma, ours) {
    const lines = [...chroma].map(([step, outcome]) => {
      const other = ours.get(step);
      const differs = other !== undefined && differenceOf(outcome, other) !== null;
      return `  ${JSON.stringify(step)}: ${JSON.stringify({ chroma: outcome, ...(differs && { ours: other }) })}`;
    });
    writeFileSync(this.#file, `{\n${lines.join(",\n")}\n}\n`);
  }

  /**
   * How outcomes differ from what is expected of this server.
   * @param {"chroma" | "ours"} server
   * @param {Outcomes} outcomes
   * @returns {string[]}
   */
  judge(server, outcomes) {
    const expected = this.expected();
    const unknown = [...outcomes.keys()].filter((step) => !(step in expected)).map((step) => `${step}: nothing was recorded of it`);
    const differences = Object.entries(expected).flatMap(([step, { chroma, ours }]) => {
      const outcome = outcomes.get(step);
      const wanted = server === "ours" ? (ours ?? chroma) : chroma;
      const told = outcome ? differenceOf(wanted, outcome) : " was not run";
      return told === null ? [] : [`${step}${told}`];
    });
    return [...unknown, ...differences];
  }

  /**
   * Differences between the two servers without a reason, and reasons without a difference.
   * @returns {string[]}
   */
  unexplained() {
    /** @type {Reason[]} */
    const reasons = readJson(this.#reasons, []);
    const patterns = reasons.flatMap(({ steps }) => steps);
    const differing = Object.entries(this.expected()).filter(([, { ours }]) => ours).map(([step]) => step);
    return [
      ...differing.filter((step) => !patterns.some((pattern) => matches(pattern, step))).map((step) => `${step}: no reason is given why ours differs`),
      ...patterns.filter((pattern) => !differing.some((step) => matches(pattern, step))).map((pattern) => `${pattern}: nothing differs there`),
    ];
  }

  /** The reasons, each with how many steps it explains. */
  told() {
    /** @type {Reason[]} */
    const reasons = readJson(this.#reasons, []);
    const differing = Object.entries(this.expected()).filter(([, { ours }]) => ours).map(([step]) => step);
    return reasons.map(({ because, steps }) => {
      const count = differing.filter((step) => steps.some((pattern) => matches(pattern, step))).length;
      return `${count} step${count === 1 ? "" : "s"}: ${because}`;
    });
  }
}

/**
 * @param {Outcome} expected
 * @param {Outcome} actual
 */
const differenceOf = (expected, actual) => difference(expected, actual, { exact: false });

/**
 * @param {string} pattern
 * @param {string} step
 */
const matches = (pattern, step) => (pattern.endsWith("*") ? step.startsWith(pattern.slice(0, -1)) : pattern === step);

/**
 * @param {string} file
 * @param {any} otherwise where there is none yet
 */
function readJson(file, otherwise) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") {
      return otherwise;
    }
    throw error;
  }
}
