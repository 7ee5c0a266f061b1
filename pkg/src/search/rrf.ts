/** Reciprocal rank fusion. */

import { Sum, Val } from "./operators.js";
import { type RankExpression, type RankInput, requireRanks } from "./rank.js";

export interface RrfOptions {
  /** What to fuse: ranks by position, such as `Knn` with `returnRank`. */
  ranks: RankInput[];
  /** The greater it is, the less the first positions count; default 60. */
  k?: number;
  /** How much each rank counts; default 1 each. */
  weights?: number[];
  /** Divides the weights by their sum. */
  normalize?: boolean;
}

/** Ranks by `-Σ weight / (k + rank)`: what is far ahead in some of the ranks comes first. */
export function Rrf({ ranks, k = 60, weights, normalize = false }: RrfOptions): RankExpression {
  if (!Number.isInteger(k) || k <= 0) {
    throw new TypeError(`Expected the k of Rrf to be a positive integer, but got ${k}`);
  }
  if (!Array.isArray(ranks) || ranks.length === 0) {
    throw new TypeError("Expected the ranks of Rrf to be a non-empty array");
  }
  const expressions = requireRanks(ranks, "Rrf");
  const shares = weights ? checkWeights(weights, ranks.length) : ranks.map(() => 1);
  const total = normalize ? sum(shares) : 1;
  if (total <= 0) {
    throw new Error("Expected the weights of Rrf to have a positive sum, by which they are to be divided");
  }
  const terms = expressions.map((rank, i) => Val((shares[i] ?? 1) / total).divide(rank.add(k)));
  return Sum(...terms).negate();
}

function checkWeights(weights: readonly number[], count: number): readonly number[] {
  if (weights.length !== count) {
    throw new Error(`Expected Rrf to get a weight for each of the ${count} ranks, but got ${weights.length}`);
  }
  for (const weight of weights as readonly unknown[]) {
    if (typeof weight !== "number" || weight < 0) {
      throw new TypeError(`Expected the weights of Rrf to be non-negative numbers, but got ${String(weight)}`);
    }
  }
  return weights;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
