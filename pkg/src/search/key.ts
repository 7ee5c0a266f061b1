/** Fields of records, by name. */

import type { IterableInput } from "./input.js";
import { compare, type WhereExpression } from "./where.js";

/** A field of records: of their metadata, or one of those whose names begin with `#`. */
export class Key {
  static readonly ID = new Key("#id");
  static readonly DOCUMENT = new Key("#document");
  static readonly EMBEDDING = new Key("#embedding");
  /** All metadata. */
  static readonly METADATA = new Key("#metadata");
  /** What the search ranks by. */
  static readonly SCORE = new Key("#score");

  constructor(readonly name: string) {}

  eq(value: unknown): WhereExpression {
    return compare(this.name, "$eq", value);
  }

  ne(value: unknown): WhereExpression {
    return compare(this.name, "$ne", value);
  }

  gt(value: unknown): WhereExpression {
    return compare(this.name, "$gt", value);
  }

  gte(value: unknown): WhereExpression {
    return compare(this.name, "$gte", value);
  }

  lt(value: unknown): WhereExpression {
    return compare(this.name, "$lt", value);
  }

  lte(value: unknown): WhereExpression {
    return compare(this.name, "$lte", value);
  }

  /** The value is one of these. */
  isIn(values: IterableInput<unknown>): WhereExpression {
    return compare(this.name, "$in", nonEmpty(values, "$in"));
  }

  /** The value is none of these. */
  notIn(values: IterableInput<unknown>): WhereExpression {
    return compare(this.name, "$nin", nonEmpty(values, "$nin"));
  }

  /** The document has this text within it; a metadata list has this member. */
  contains(value: string | number | boolean): WhereExpression {
    requireText(this, value);
    return compare(this.name, "$contains", value);
  }

  /** The document does not have this text within it; a metadata list does not have this member. */
  notContains(value: string | number | boolean): WhereExpression {
    requireText(this, value);
    return compare(this.name, "$not_contains", value);
  }

  regex(pattern: string): WhereExpression {
    requirePattern(pattern, "$regex");
    return compare(this.name, "$regex", pattern);
  }

  notRegex(pattern: string): WhereExpression {
    requirePattern(pattern, "$not_regex");
    return compare(this.name, "$not_regex", pattern);
  }
}

function nonEmpty(values: IterableInput<unknown>, operator: string): unknown[] {
  const list = Array.from(values);
  if (list.length === 0) {
    throw new Error(`Expected ${operator} to get at least one value`);
  }
  return list;
}

/** Documents are texts, and so is what they contain. */
function requireText(key: Key, value: unknown): void {
  if (key.name === Key.DOCUMENT.name && typeof value !== "string") {
    throw new TypeError(`Expected what documents contain to be a string, but got ${typeof value}`);
  }
}

function requirePattern(pattern: unknown, operator: string): void {
  if (typeof pattern !== "string") {
    throw new TypeError(`Expected the pattern of ${operator} to be a string, but got ${typeof pattern}`);
  }
}

/** The key for a name, given as a string or as the key itself. */
export function toKey(key: Key | string): Key {
  return key instanceof Key ? key : new Key(key);
}

/** Makes keys by name, and has those that every record has. */
export interface KeyFactory {
  (name: string): Key;
  ID: Key;
  DOCUMENT: Key;
  EMBEDDING: Key;
  METADATA: Key;
  SCORE: Key;
}

/** `K("year")` for a metadata field, `K.DOCUMENT` and the like for the others. */
export const K: KeyFactory = Object.assign((name: string) => new Key(name), {
  ID: Key.ID,
  DOCUMENT: Key.DOCUMENT,
  EMBEDDING: Key.EMBEDDING,
  METADATA: Key.METADATA,
  SCORE: Key.SCORE,
});
