/**
 * The queries of the benchmark of filters and texts, drawn from the records themselves, with the answers that looking at every record
 * gives.
 */

import { fingerprint, predicate } from "../browser/conditions.js";
import { uniforms } from "../browser/random.js";
import { NaiveBm25 } from "./bm25.mjs";

/** @typedef {import("../browser/conditions.js").TextRecord} TextRecord */
/** @typedef {import("../browser/text-queries.js").FilterQuery} FilterQuery */
/** @typedef {import("../browser/text-queries.js").TextQueries} TextQueries */

/** Of each operation and kind of answer, those that only warm up included. */
export const QUERIES = 225;
const IN = 100;
const K = 10;
const SEED = 41;

/** Draws from the records, the same on every machine. */
class Draw {
  /** @param {TextRecord[]} records */
  constructor(records) {
    this.records = records;
    this.uniform = uniforms(SEED);
    this.synsets = records.map(({ metadata }) => /** @type {number} */ (metadata.synset)).sort((a, b) => a - b);
  }

  /** @param {number} count */
  below(count) {
    return Math.floor(this.uniform() * count);
  }

  record() {
    return /** @type {TextRecord} */ (this.records[this.below(this.records.length)]);
  }

  /** @param {(record: TextRecord) => boolean} suits */
  drawn(suits) {
    let record = this.record();
    while (!suits(record)) {
      record = this.record();
    }
    return record;
  }

  /**
   * Neighbouring words of a definition, all of plain letters and of four at least: they mean the same in every dialect of patterns.
   * @param {number} count
   * @returns {string[]}
   */
  words(count) {
    for (;;) {
      const { document } = this.record();
      const words = document.slice(document.indexOf(": ") + 2).split(" ");
      const first = this.below(words.length);
      const chosen = words.slice(first, first + count);
      if (chosen.length === count && chosen.every((word) => /^[a-z]{4,}$/.test(word))) {
        return chosen;
      }
    }
  }

  /**
   * One of several, in turns.
   * @template T
   * @param {T[]} kinds
   * @param {number} turn
   */
  static inTurn(kinds, turn) {
    return /** @type {T} */ (kinds[turn % kinds.length]);
  }
}

/**
 * How a condition of each operation is drawn; `turn` counts them.
 * @type {Record<string, (draw: Draw, turn: number) => Record<string, unknown>>}
 */
const CONDITIONS = {
  // From 45 values, from some hundreds, nearly unique.
  equality(draw, turn) {
    const key = Draw.inTurn(["domain", "definition_length", "lemma"], turn);
    return { [key]: { $eq: draw.record().metadata[key] } };
  },
  // From ten records to a tenth of them.
  range(draw) {
    const { synsets } = draw;
    const width = Math.floor(10 ** (1 + draw.uniform() * (Math.log10(synsets.length) - 2)));
    const first = draw.below(synsets.length - width);
    return { $and: [{ synset: { $gte: synsets[first] } }, { synset: { $lt: synsets[first + width] } }] };
  },
  in(draw, turn) {
    const key = Draw.inTurn(["lemma", "synset"], turn);
    return { [key]: { $in: [...new Set(Array.from({ length: IN }, () => draw.record().metadata[key]))] } };
  },
  and(draw) {
    const { domain, has_examples: examples, definition_length: length } = draw.record().metadata;
    return { $and: [{ domain: { $eq: domain } }, { definition_length: { $gte: length } }, { has_examples: { $eq: examples } }] };
  },
  contains(draw, turn) {
    return { "#document": { $contains: draw.words(1 + (turn % 2)).join(" ") } };
  },
  "anchored regex"(draw, turn) {
    const { document } = draw.drawn(({ document }) => /^[A-Za-z]{3}.* [a-z]{4,}$/.test(document));
    const start = document.slice(0, 3 + draw.below(3)).replace(/[^A-Za-z].*/, "");
    const end = document.slice(document.lastIndexOf(" ") + 1);
    return { "#document": { $regex: Draw.inTurn([`^${start}[a-z ]*[:,]`, `${end}$`], turn) } };
  },
  "unanchored regex"(draw, turn) {
    const [first = "", second = ""] = draw.words(2);
    const patterns = [`(${first}|other) +(${second}|of|the)`, `[a-z]?${first.slice(1)}s?[ ;,]`, `${first.slice(0, 4)}[a-z]* ${second}`];
    return { "#document": { $regex: Draw.inTurn(patterns, turn) } };
  },
};

/**
 * So many different conditions.
 * @param {Draw} draw
 * @param {string} operation
 * @param {number} count
 */
function conditions(draw, operation, count) {
  /** @type {Map<string, Record<string, unknown>>} */
  const found = new Map();
  for (let turn = 0; found.size < count; turn += 1) {
    const where = /** @type {(typeof CONDITIONS)[string]} */ (CONDITIONS[operation])(draw, turn);
    found.set(JSON.stringify(where), where);
  }
  return [...found.values()];
}

/**
 * @param {TextRecord[]} records
 * @param {Record<string, unknown>} where
 * @returns {FilterQuery}
 */
function answered(records, where) {
  const holds = predicate(where);
  const rows = [];
  for (const [row, record] of records.entries()) {
    if (holds(record)) {
      rows.push(row);
    }
  }
  return { where, matches: rows.length, fingerprint: fingerprint(rows) };
}

/**
 * No query is asked twice: half of an operation's are for its first ten matches, half for all of them.
 * @param {TextRecord[]} records
 * @param {Omit<import("../browser/text-queries.js").Question, "bm25">[]} questions whose answers are among the records
 * @returns {TextQueries}
 */
export function textQueries(records, questions) {
  const draw = new Draw(records);
  const filters = Object.keys(CONDITIONS).map((operation) => {
    const all = conditions(draw, operation, 2 * QUERIES).map((where) => answered(records, where));
    return { operation, ten: all.slice(0, QUERIES), all: all.slice(QUERIES) };
  });
  const bm25 = new NaiveBm25(records.map(({ document }) => document));
  return {
    filters,
    mean_length: bm25.meanLength,
    questions: questions.map((question) => ({ ...question, bm25: bm25.search(question.text, K) })),
  };
}
