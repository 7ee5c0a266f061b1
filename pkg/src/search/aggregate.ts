/** Which records of a group are kept. */

import { isPlainObject } from "./input.js";
import { type Key, toKey } from "./key.js";

export interface MinKJSON {
  keys: string[];
  k: number;
}

export interface MaxKJSON {
  keys: string[];
  k: number;
}

export type AggregateJSON = { $min_k: MinKJSON } | { $max_k: MaxKJSON };

export type AggregateInput = Aggregate | AggregateJSON;

/** Reduces each group to some of its records. */
export abstract class Aggregate {
  static from(input: AggregateInput): Aggregate {
    if (input instanceof Aggregate) {
      return input;
    }
    if (isPlainObject(input)) {
      if ("$min_k" in input) {
        return Aggregate.minK(input.$min_k.keys, input.$min_k.k);
      }
      if ("$max_k" in input) {
        return Aggregate.maxK(input.$max_k.keys, input.$max_k.k);
      }
    }
    throw new TypeError("Expected an aggregate to be an Aggregate or an object with $min_k or $max_k");
  }

  static minK(keys: (Key | string)[], k: number): MinK {
    return new MinK(keys.map(toKey), k);
  }

  static maxK(keys: (Key | string)[], k: number): MaxK {
    return new MaxK(keys.map(toKey), k);
  }

  abstract toJSON(): AggregateJSON;
}

/** Keeps the `k` records with the least values of the keys; the first key counts most. */
export class MinK extends Aggregate {
  constructor(
    readonly keys: Key[],
    readonly k: number,
  ) {
    super();
    requireSome(keys, k, "MinK");
  }

  override toJSON(): AggregateJSON {
    return { $min_k: { keys: this.keys.map(({ name }) => name), k: this.k } };
  }
}

/** Keeps the `k` records with the greatest values of the keys; the first key counts most. */
export class MaxK extends Aggregate {
  constructor(
    readonly keys: Key[],
    readonly k: number,
  ) {
    super();
    requireSome(keys, k, "MaxK");
  }

  override toJSON(): AggregateJSON {
    return { $max_k: { keys: this.keys.map(({ name }) => name), k: this.k } };
  }
}

function requireSome(keys: readonly Key[], k: number, aggregate: string): void {
  if (keys.length === 0) {
    throw new Error(`Expected the keys of ${aggregate} to be a non-empty list`);
  }
  if (k <= 0) {
    throw new Error(`Expected the k of ${aggregate} to be positive, but got ${k}`);
  }
}
