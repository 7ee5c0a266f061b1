/** What a search ranks records by: expressions over scores, of which the lowest come first. */

import { isPlainObject } from "./input.js";

/** An expression as the engine takes it: one operator with its operands. */
export type RankLiteral = Record<string, unknown>;

export type RankInput = RankExpression | RankLiteral | number | null | undefined;

type NaryOperator = "$sum" | "$mul" | "$max" | "$min";
type BinaryOperator = "$sub" | "$div";
type UnaryOperator = "$abs" | "$exp" | "$log";

/** A score for each record. A number stands for itself wherever an expression is taken. */
export abstract class RankExpression {
  /** The expression for a number or a plain object, which is taken as it is; none for `null` and `undefined`. */
  static from(input: RankInput): RankExpression | undefined {
    if (input instanceof RankExpression) {
      return input;
    }
    if (input === null || input === undefined) {
      return undefined;
    }
    if (typeof input === "number") {
      return constant(input);
    }
    if (!isPlainObject(input)) {
      throw new TypeError("Expected a rank to be a RankExpression, a number or a plain object");
    }
    return new Literal(input);
  }

  abstract toJSON(): RankLiteral;

  add(...others: RankInput[]): RankExpression {
    return nary("$sum", [this, ...requireRanks(others, "add")]);
  }

  subtract(other: RankInput): RankExpression {
    return binary("$sub", this, requireRank(other, "the operand of subtract"));
  }

  multiply(...others: RankInput[]): RankExpression {
    return nary("$mul", [this, ...requireRanks(others, "multiply")]);
  }

  divide(other: RankInput): RankExpression {
    return binary("$div", this, requireRank(other, "the operand of divide"));
  }

  negate(): RankExpression {
    return this.multiply(-1);
  }

  abs(): RankExpression {
    return new Unary("$abs", this);
  }

  exp(): RankExpression {
    return new Unary("$exp", this);
  }

  /** The natural logarithm. */
  log(): RankExpression {
    return new Unary("$log", this);
  }

  max(...others: RankInput[]): RankExpression {
    return nary("$max", [this, ...requireRanks(others, "max")]);
  }

  min(...others: RankInput[]): RankExpression {
    return nary("$min", [this, ...requireRanks(others, "min")]);
  }
}

/** An expression in the engine's own form. */
class Literal extends RankExpression {
  readonly #literal: RankLiteral;

  constructor(literal: RankLiteral) {
    super();
    this.#literal = literal;
  }

  /** A copy, in which expressions within the object are written out and typed arrays are plain ones. */
  override toJSON(): RankLiteral {
    const text = JSON.stringify(this.#literal, (_, value: unknown) =>
      value instanceof Float32Array || value instanceof Float64Array ? [...value] : value,
    );
    return JSON.parse(text) as RankLiteral;
  }
}

class Constant extends RankExpression {
  readonly #value: number;

  constructor(value: number) {
    super();
    this.#value = value;
  }

  override toJSON(): RankLiteral {
    return { $val: this.#value };
  }
}

class Unary extends RankExpression {
  readonly #operator: UnaryOperator;
  readonly #operand: RankExpression;

  constructor(operator: UnaryOperator, operand: RankExpression) {
    super();
    this.#operator = operator;
    this.#operand = operand;
  }

  override toJSON(): RankLiteral {
    return { [this.#operator]: this.#operand.toJSON() };
  }
}

class Binary extends RankExpression {
  readonly #operator: BinaryOperator;
  readonly #left: RankExpression;
  readonly #right: RankExpression;

  constructor(operator: BinaryOperator, left: RankExpression, right: RankExpression) {
    super();
    this.#operator = operator;
    this.#left = left;
    this.#right = right;
  }

  override toJSON(): RankLiteral {
    return { [this.#operator]: { left: this.#left.toJSON(), right: this.#right.toJSON() } };
  }
}

class Nary extends RankExpression {
  constructor(
    readonly operator: NaryOperator,
    readonly operands: readonly RankExpression[],
  ) {
    super();
  }

  override toJSON(): RankLiteral {
    return { [this.operator]: this.operands.map((operand) => operand.toJSON()) };
  }
}

/** The same score whatever the record. */
export function constant(value: number): RankExpression {
  return new Constant(value);
}

export function binary(operator: BinaryOperator, left: RankExpression, right: RankExpression): RankExpression {
  return new Binary(operator, left, right);
}

/** Operands under one operator: those that have the same operator lend it theirs, and one alone stays as it is. */
export function nary(operator: NaryOperator, operands: readonly RankExpression[]): RankExpression {
  const [only, ...others] = operands;
  if (only && others.length === 0) {
    return only;
  }
  const flat = operands.flatMap((operand) =>
    operand instanceof Nary && operand.operator === operator ? operand.operands : [operand],
  );
  return new Nary(operator, flat);
}

/** The expression for an operand that has to be there; `what` names it. */
export function requireRank(input: RankInput, what: string): RankExpression {
  const rank = RankExpression.from(input);
  if (!rank) {
    throw new TypeError(`Expected ${what} to be a rank expression, but got nothing`);
  }
  return rank;
}

export function requireRanks(inputs: readonly RankInput[], operation: string): RankExpression[] {
  return inputs.map((input, i) => requireRank(input, `operand ${i} of ${operation}`));
}

/** A number that can be part of an expression; `what` names it. */
export function requireFinite(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new TypeError(`Expected ${what} to be a finite number, but got ${String(value)}`);
  }
  return value;
}
