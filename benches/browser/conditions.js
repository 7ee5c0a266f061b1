// Conditions on records as Chroma writes them, looked at record by record: what every store's answers are compared with. For pages and
// for Node.

/** @typedef {{ document: string, metadata: Record<string, string | number | boolean> }} TextRecord */

/** @type {Record<string, (value: never, operand: never) => boolean>} */
const COMPARISONS = {
  $eq: (/** @type {unknown} */ value, /** @type {unknown} */ operand) => value === operand,
  $gte: (/** @type {number} */ value, /** @type {number} */ operand) => value >= operand,
  $lt: (/** @type {number} */ value, /** @type {number} */ operand) => value < operand,
  $in: (/** @type {string} */ value, /** @type {Set<string>} */ operand) => operand.has(value),
  $contains: (/** @type {string} */ value, /** @type {string} */ operand) => value.includes(operand),
  $regex: (/** @type {string} */ value, /** @type {RegExp} */ operand) => operand.test(value),
};

/** What an operand is turned into once for all records. */
const PREPARED = {
  $in: (/** @type {unknown[]} */ values) => new Set(values),
  $regex: (/** @type {string} */ pattern) => new RegExp(pattern),
};

/**
 * Makes a function that says whether a condition holds for a record.
 * @param {Record<string, any>} where
 * @returns {(record: TextRecord) => boolean}
 */
export function predicate(where) {
  const [key, condition] = /** @type {[string, any]} */ (Object.entries(where)[0]);
  if (key === "$and") {
    const all = /** @type {Record<string, any>[]} */ (condition).map(predicate);
    return (record) => all.every((holds) => holds(record));
  }
  const [operator, given] = /** @type {[string, any]} */ (Object.entries(condition)[0]);
  const compare = /** @type {(value: unknown, operand: unknown) => boolean} */ (COMPARISONS[operator]);
  const operand = operator in PREPARED ? PREPARED[/** @type {keyof PREPARED} */ (operator)](/** @type {never} */ (given)) : given;
  return ({ document, metadata }) => compare(key === "#document" ? document : metadata[key], operand);
}

/**
 * A number for a set of rows, whatever their order: two sets that are not the same have the same one in four billion times once.
 * @param {Iterable<number>} rows
 */
export function fingerprint(rows) {
  let sum = 0;
  for (const row of rows) {
    // The last step of MurmurHash3, which every bit of the row reaches every bit by.
    let mixed = Math.imul((row + 1) ^ ((row + 1) >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    sum = (sum + (mixed ^ (mixed >>> 16))) >>> 0;
  }
  return sum;
}
