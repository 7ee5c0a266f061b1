/**
 * What a filter on one key means, for one value: written from the definition and not from the engine. Numbers compare as real
 * numbers; a negative operator is the complement of its positive twin; lists are looked into by $contains alone.
 */

import { Num } from "../json.mjs";

/** @typedef {{ [operator: string]: any }} Clause */

/**
 * @param {Clause} where whose only key of metadata is `v`
 * @param {unknown} value
 * @returns {boolean}
 */
export function matches(where, value) {
  const [key, operand] = Object.entries(where)[0] ?? [];
  if (key === "$and") {
    return operand.every((/** @type {Clause} */ clause) => matches(clause, value));
  }
  if (key === "$or") {
    return operand.some((/** @type {Clause} */ clause) => matches(clause, value));
  }
  if (typeof operand !== "object" || operand instanceof Num) {
    return equal(value, operand);
  }
  const [operator, right] = Object.entries(operand)[0] ?? [];
  return condition(String(operator), value, right);
}

/**
 * @param {string} operator
 * @param {any} value
 * @param {any} operand
 * @returns {boolean}
 */
function condition(operator, value, operand) {
  const order = () => (isNumber(value) && isNumber(operand) ? compare(value, operand) : undefined);
  switch (operator) {
    case "$eq":
      return equal(value, operand);
    case "$gt":
      return order() === 1;
    case "$gte":
      return [0, 1].includes(order() ?? NaN);
    case "$lt":
      return order() === -1;
    case "$lte":
      return [0, -1].includes(order() ?? NaN);
    case "$in":
      return operand.some((/** @type {unknown} */ member) => equal(value, member));
    case "$contains":
      return Array.isArray(value) && value.some((member) => equal(member, operand));
    case "$ne":
      return !condition("$eq", value, operand);
    case "$nin":
      return !condition("$in", value, operand);
    case "$not_contains":
      return !condition("$contains", value, operand);
    default:
      throw new Error(`the model does not know ${operator}`);
  }
}

/** @param {unknown} value */
const isNumber = (value) => typeof value === "number" || value instanceof Num;

/**
 * @param {unknown} a
 * @param {unknown} b
 */
const equal = (a, b) => (isNumber(a) && isNumber(b) ? compare(a, b) === 0 : a === b);

/**
 * Exact beyond 2^53: what is no integer is a fraction far smaller.
 * @param {any} a
 * @param {any} b
 */
function compare(a, b) {
  const [left, right] = [whole(a), whole(b)];
  if (left !== undefined && right !== undefined) {
    return left < right ? -1 : Number(left > right);
  }
  return Math.sign(Number(a) - Number(b));
}

/** @param {number | Num} number */
function whole(number) {
  const [, digits] = /^(-?\d+)(?:\.0)?$/.exec(number instanceof Num ? number.text : String(number)) ?? [];
  return digits === undefined ? undefined : BigInt(digits);
}
