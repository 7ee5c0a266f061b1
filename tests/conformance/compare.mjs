/** Where two outcomes differ. */

import { Num, stringify } from "./json.mjs";

/** Distances, scores and vectors are f32: Chroma's sums round otherwise than ours. */
const TOLERANCE = 1e-5;

/**
 * @param {any} expected
 * @param {any} actual
 * @param {{ exact: boolean }} options exact: `1` and `1.0` differ; JavaScript's numbers do not show that
 * @param {string} [at]
 * @returns {string | null} what differs first, or null
 */
export function difference(expected, actual, options, at = "") {
  if (isNumber(expected) && isNumber(actual)) {
    return sameNumber(expected, actual, options.exact) ? null : tell(at, expected, actual);
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) {
      return tell(at, expected, actual);
    }
    return first(expected.map((member, index) => difference(member, actual[index], options, `${at}[${index}]`)));
  }
  if (isObject(expected) && isObject(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return first([...keys].map((key) => difference(expected[key], actual[key], options, `${at}.${key}`)));
  }
  return expected === actual ? null : tell(at, expected, actual);
}

/** @param {(string | null)[]} differences */
const first = (differences) => differences.find((difference) => difference !== null) ?? null;

/** @param {unknown} value */
const isNumber = (value) => typeof value === "number" || typeof value === "bigint" || value instanceof Num;

/**
 * @param {any} value
 * @returns {value is Record<string, unknown>}
 */
const isObject = (value) => typeof value === "object" && value !== null;

/**
 * @param {any} expected
 * @param {any} actual
 * @param {boolean} exact
 */
function sameNumber(expected, actual, exact) {
  if (exact && isFloat(expected) !== isFloat(actual)) {
    return false;
  }
  const [a, b] = [Number(expected), Number(actual)];
  if (!isFloat(expected) && !isFloat(actual)) {
    return digits(expected) === digits(actual);
  }
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a));
}

/** @param {number | bigint | Num} number */
const digits = (number) => (number instanceof Num ? number.text : String(number));

/** @param {number | bigint | Num} number */
const isFloat = (number) => /[.e]/.test(digits(number));

/**
 * @param {string} at
 * @param {unknown} expected
 * @param {unknown} actual
 */
const tell = (at, expected, actual) => `${at || "."}: expected ${write(expected)}, got ${write(actual)}`;

/** @param {unknown} value */
const write = (value) =>
  value === undefined ? "nothing" : typeof value === "bigint" ? String(value) : stringify(value);

/**
 * The outcome with its lists in one order, where theirs means nothing.
 * @param {any} outcome
 */
export function sorted(outcome) {
  const order = (/** @type {unknown} */ a, /** @type {unknown} */ b) => (stringify(a) < stringify(b) ? -1 : 1);
  return Array.isArray(outcome.answer) ? { answer: [...outcome.answer].sort(order) } : outcome;
}
