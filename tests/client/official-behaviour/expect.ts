/** Expectations without a test framework, for pages and workers. */

import type { Expect } from "./case.js";

export const tinyExpect: Expect = {
  equal(actual, expected) {
    const [got, wanted] = [show(actual), show(expected)];
    if (got !== wanted) {
      throw new Error(`expected ${wanted}, got ${got}`);
    }
  },

  async rejects(promise, name, text = "") {
    let error: unknown;
    try {
      await promise;
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof Error)) {
      throw new Error(`expected ${name}, but nothing was thrown`);
    }
    if (error.name !== name || !error.message.includes(text)) {
      throw new Error(`expected ${name} with "${text}", got ${error.name}: ${error.message}`, { cause: error });
    }
  },
};

/** A text that is the same for equal values: members by name, without those that are undefined. */
function show(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(show).join(", ")}]`;
  }
  if (ArrayBuffer.isView(value)) {
    return `${value.constructor.name} [${Array.from(value as Float32Array).join(", ")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}: ${show(member)}`);
    return `{${members.join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : `${String(value)}${typeof value === "bigint" ? "n" : ""}`;
}
