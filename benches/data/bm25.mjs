/** BM25 as it is written down, by looking at every document: what the rankings of the stores are compared with. */

import { stemsOf } from "../browser/stems.js";

const K1 = 1.2;
const B = 0.75;

export class NaiveBm25 {
  /** How often each stem occurs in each document that has it. @type {Map<string, Map<number, number>>} */
  #postings = new Map();
  /** Stems of each document. @type {number[]} */
  #lengths = [];
  #meanLength = 0;

  /** @param {Iterable<string>} documents */
  constructor(documents) {
    for (const document of documents) {
      const row = this.#lengths.length;
      const stems = stemsOf(document);
      this.#lengths.push(stems.length);
      for (const stem of stems) {
        const rows = this.#postings.get(stem) ?? new Map();
        this.#postings.set(stem, rows.set(row, (rows.get(row) ?? 0) + 1));
      }
    }
    this.#meanLength = this.#lengths.reduce((sum, length) => sum + length, 0) / this.#lengths.length;
  }

  /** Stems of a document, on average. */
  get meanLength() {
    return this.#meanLength;
  }

  /**
   * The best rows, best first; of equal ones the first.
   * @param {string} query
   * @param {number} k
   */
  search(query, k) {
    /** @type {Map<number, number>} */
    const scores = new Map();
    for (const stem of stemsOf(query)) {
      const rows = /** @type {Map<number, number>} */ (this.#postings.get(stem) ?? new Map());
      const rarity = Math.log((this.#lengths.length - rows.size + 0.5) / (rows.size + 0.5) + 1);
      for (const [row, count] of rows) {
        const length = 1 - B + (B * (this.#lengths[row] ?? 0)) / this.#meanLength;
        scores.set(row, (scores.get(row) ?? 0) + (rarity * count * (K1 + 1)) / (count + K1 * length));
      }
    }
    const best = [...scores].sort(([rowA, a], [rowB, b]) => b - a || rowA - rowB);
    return best.slice(0, k).map(([row]) => row);
  }
}
