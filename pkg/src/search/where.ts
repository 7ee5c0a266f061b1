/** The filter of a search, as an expression. */

import { isPlainObject } from "./input.js";

/** A filter as the engine takes it: one field or connective, with its operand. */
export type WhereJSON = Record<string, unknown>;

export type WhereInput = WhereExpression | WhereJSON | null | undefined;

const COMPARISONS = [
  "$eq",
  "$ne",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$in",
  "$nin",
  "$contains",
  "$not_contains",
  "$regex",
  "$not_regex",
] as const;

type Comparator = (typeof COMPARISONS)[number];

const CONNECTIVES = ["$and", "$or"] as const;

type Connective = (typeof CONNECTIVES)[number];

/** A condition on records. Made by the methods of a `Key`, or from a plain object. */
export abstract class WhereExpression {
  /** The expression for a plain object; none for `null` and `undefined`. */
  static from(input: WhereInput): WhereExpression | undefined {
    if (input instanceof WhereExpression) {
      return input;
    }
    if (input === null || input === undefined) {
      return undefined;
    }
    if (!isPlainObject(input)) {
      throw new TypeError("Expected a filter to be a WhereExpression or a plain object");
    }
    return parse(input);
  }

  abstract toJSON(): WhereJSON;

  /** Both hold. Without another condition this one stays as it is. */
  and(other: WhereInput): WhereExpression {
    return connect("$and", this, other);
  }

  /** One of the two holds. Without another condition this one stays as it is. */
  or(other: WhereInput): WhereExpression {
    return connect("$or", this, other);
  }
}

class Connected extends WhereExpression {
  constructor(
    readonly connective: Connective,
    readonly conditions: readonly WhereExpression[],
  ) {
    super();
  }

  override toJSON(): WhereJSON {
    return { [this.connective]: this.conditions.map((condition) => condition.toJSON()) };
  }
}

class Comparison extends WhereExpression {
  readonly #field: string;
  readonly #comparator: Comparator;
  readonly #operand: unknown;

  constructor(field: string, comparator: Comparator, operand: unknown) {
    super();
    this.#field = field;
    this.#comparator = comparator;
    this.#operand = operand;
  }

  override toJSON(): WhereJSON {
    return { [this.#field]: { [this.#comparator]: this.#operand } };
  }
}

/** A field compared with a value. */
export function compare(field: string, comparator: Comparator, operand: unknown): WhereExpression {
  return new Comparison(field, comparator, operand);
}

function connect(connective: Connective, left: WhereExpression, right: WhereInput): WhereExpression {
  const other = WhereExpression.from(right);
  return other ? join(connective, [left, other]) : left;
}

/** Conditions under one connective: those that are joined by it already lend it theirs. */
function join(connective: Connective, conditions: readonly WhereExpression[]): WhereExpression {
  const [only, ...others] = conditions;
  if (only && others.length === 0) {
    return only;
  }
  const flat = conditions.flatMap((condition) =>
    condition instanceof Connected && condition.connective === connective ? condition.conditions : [condition],
  );
  return new Connected(connective, flat);
}

function parse(filter: WhereJSON): WhereExpression {
  const connective = CONNECTIVES.find((name) => name in filter);
  const [field, operand] = soleEntry(filter, connective ? `${connective} to be alone` : "a filter to have one field");
  if (connective) {
    return join(connective, parseConditions(connective, operand));
  }
  if (!isPlainObject(operand)) {
    return compare(field, "$eq", operand);
  }
  const [name, value] = soleEntry(operand, `the field '${field}' of a filter to have one operator`);
  const comparator = COMPARISONS.find((known) => known === name);
  if (!comparator) {
    throw new Error(`Expected the operator of a filter to be one of ${COMPARISONS.join(", ")}, but got ${name}`);
  }
  return compare(field, comparator, value);
}

function parseConditions(connective: Connective, operand: unknown): WhereExpression[] {
  if (!Array.isArray(operand) || operand.length === 0) {
    throw new TypeError(`Expected the operand of ${connective} to be a non-empty array`);
  }
  return operand.map((item: WhereInput, i) => {
    const condition = WhereExpression.from(item);
    if (!condition) {
      throw new TypeError(`Expected the operand of ${connective} to hold filters, but there is none at index ${i}`);
    }
    return condition;
  });
}

function soleEntry(object: Record<string, unknown>, expected: string): [string, unknown] {
  const entries = Object.entries(object);
  const [entry] = entries;
  if (!entry || entries.length > 1) {
    throw new Error(`Expected ${expected}, but got ${entries.length} members`);
  }
  return entry;
}
