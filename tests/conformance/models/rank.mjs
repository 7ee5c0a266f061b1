/**
 * What a ranking expression finds: written from its definition and not from the engine. An expression has a score for some
 * records, its support, and perhaps one for all others.
 *
 * @typedef {{ id: string, vector: number[], sparse?: Record<string, Record<number, number>> }} Ranked a record; its place in a list is its age
 * @typedef {{ support: Map<string, number>, rest: number | undefined }} Scores
 * @typedef {(a: number, b: number) => number} Operation
 */

/** @type {Record<string, [start: number, operation: Operation]>} */
const FOLDS = {
  $sum: [0, (a, b) => a + b],
  $mul: [1, (a, b) => a * b],
  $max: [-3.4028235e38, Math.max],
  $min: [3.4028235e38, Math.min],
};

/** @type {Record<string, Operation>} */
const PAIRS = { $sub: (a, b) => a - b, $div: (a, b) => a / b };

/** @type {Record<string, (a: number) => number>} */
const SINGLES = { $abs: Math.abs, $exp: Math.exp, $log: Math.log };

/**
 * Ids with their scores, the lowest first.
 * @param {any} rank
 * @param {Ranked[]} records those that pass the filter
 * @param {Ranked[]} [all] those of the collection
 */
export function ranked(rank, records, all = records) {
  const { support } = evaluate(rank, { records, all });
  const rows = records.flatMap(({ id }) => (support.has(id) ? [{ id, score: support.get(id) ?? 0 }] : []));
  return rows.sort((a, b) => order(a.score, b.score));
}

/**
 * Of f32s: minus zero before zero.
 * @param {number} a
 * @param {number} b
 */
const order = (a, b) => a - b || Number(Object.is(b, -0)) - Number(Object.is(a, -0));

/**
 * @param {any} rank
 * @param {{ records: Ranked[], all: Ranked[] }} collection
 * @returns {Scores}
 */
function evaluate(rank, collection) {
  const [operator = "", operand] = Object.entries(rank)[0] ?? [];
  const fold = FOLDS[operator];
  if (fold) {
    const [start, operation] = fold;
    /** @type {Scores} */
    const first = { support: new Map(), rest: start };
    return operand.reduce((/** @type {Scores} */ scores, /** @type {any} */ next) => combine(operation, scores, evaluate(next, collection)), first);
  }
  const pair = PAIRS[operator];
  if (pair) {
    return combine(pair, evaluate(operand.left, collection), evaluate(operand.right, collection));
  }
  const single = SINGLES[operator];
  if (single) {
    const { support, rest } = evaluate(operand, collection);
    return { support: new Map([...support].map(([id, score]) => [id, single(score)])), rest: rest === undefined ? rest : single(rest) };
  }
  return operator === "$val" ? { support: new Map(), rest: operand } : nearest(operand, collection);
}

/**
 * @param {Operation} operation
 * @param {Scores} left
 * @param {Scores} right
 * @returns {Scores}
 */
function combine(operation, left, right) {
  /** @type {Map<string, number>} */
  const support = new Map();
  for (const id of new Set([...left.support.keys(), ...right.support.keys()])) {
    const [a, b] = [left.support.get(id) ?? left.rest, right.support.get(id) ?? right.rest];
    if (a !== undefined && b !== undefined) {
      support.set(id, operation(a, b));
    }
  }
  const rest = left.rest === undefined || right.rest === undefined ? undefined : operation(left.rest, right.rest);
  return { support, rest };
}

/**
 * @param {any} knn
 * @param {{ records: Ranked[], all: Ranked[] }} collection
 * @returns {Scores}
 */
function nearest(knn, { records, all }) {
  const { query, key = "#embedding", limit = 16, default: rest, return_rank = false, bm25 = false } = knn;
  const distance = Array.isArray(query) ? dense(query) : sparse(query, key, bm25 ? all : []);
  const found = records
    .flatMap((record) => {
      const score = distance(record);
      return score === undefined ? [] : [{ id: record.id, score }];
    })
    .sort((a, b) => a.score - b.score)
    .slice(0, limit);
  return { support: new Map(found.map(({ id, score }, place) => [id, return_rank ? place : score])), rest: rest ?? undefined };
}

/**
 * The squared distance.
 * @param {number[]} query
 * @returns {(record: Ranked) => number | undefined}
 */
const dense = (query) => ({ vector }) => query.reduce((sum, component, index) => sum + (component - (vector[index] ?? 0)) ** 2, 0);

/**
 * One less the product; a record that shares no index is not found. With records to count in, rare indices weigh more.
 * @param {{ indices: number[], values: number[] }} query
 * @param {string} key
 * @param {Ranked[]} counted
 * @returns {(record: Ranked) => number | undefined}
 */
function sparse({ indices, values }, key, counted) {
  const weights = indices.map((index, place) => {
    const having = counted.filter((record) => record.sparse?.[key]?.[index] !== undefined).length;
    const idf = counted.length > 0 ? Math.log((counted.length - having + 0.5) / (having + 0.5) + 1) : 1;
    return idf * (values[place] ?? 0);
  });
  return (record) => {
    const vector = record.sparse?.[key] ?? {};
    const shared = indices.flatMap((index, place) => (vector[index] === undefined ? [] : [(weights[place] ?? 0) * vector[index]]));
    return shared.length === 0 ? undefined : 1 - shared.reduce((sum, product) => sum + product, 0);
  };
}
