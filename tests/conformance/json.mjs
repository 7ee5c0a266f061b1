/**
 * JSON whose numbers keep their text. `1.0` and `1` are two values to Chroma, and integers go beyond 2^53; JavaScript's own
 * parser loses both. Only what it would lose becomes a {@link Num}, all other numbers are numbers.
 */

export class Num {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  valueOf() {
    return Number(this.text);
  }
}

/**
 * A number that is written with a fraction, though it has none.
 * @param {number} integer
 */
export const float = (integer) => new Num(`${integer}.0`);

/**
 * Numbers as Chroma writes f32s: with a fraction, all of them.
 * @param {readonly number[]} numbers
 * @returns {(number | Num | null)[]} null for what is no number in JSON
 */
export const floats = (numbers) =>
  numbers.map((number) => (Number.isInteger(number) ? float(number) : Number.isFinite(number) ? number : null));

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
// No text of the corpus begins so.
const MARK = "\u0001";

/**
 * @param {string} text
 * @returns {any}
 */
export function parse(text) {
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : JSON.stringify(MARK + token),
  );
  return JSON.parse(marked, (_key, value) =>
    typeof value === "string" && value.startsWith(MARK) ? new Num(value.slice(1)) : value,
  );
}

/** @param {unknown} value */
export function stringify(value) {
  const marked = JSON.stringify(value, (_key, member) =>
    member instanceof Num ? MARK + member.text : typeof member === "bigint" ? `${MARK}${member}` : member,
  );
  return marked.replace(/"\\u0001([^"]*)"/g, "$1");
}

/**
 * A copy in which every number is one of JavaScript's: a bigint where a number could not hold it.
 * @param {any} value
 * @returns {any}
 */
export function plain(value) {
  if (value instanceof Num) {
    return /^-?\d+$/.test(value.text) ? BigInt(value.text) : Number(value.text);
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
  }
  return value;
}

/**
 * A copy with the members of objects by name: Chroma writes metadata in any order.
 * @param {any} value
 * @returns {any}
 */
export function ordered(value) {
  if (Array.isArray(value)) {
    return value.map(ordered);
  }
  if (typeof value !== "object" || value === null || value instanceof Num) {
    return value;
  }
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]));
}
