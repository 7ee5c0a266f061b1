/** Expressions as functions of their operands; the methods of {@link RankExpression} make the same. */

import {
  binary,
  constant,
  nary,
  type RankExpression,
  type RankInput,
  requireFinite,
  requireRank,
  requireRanks,
} from "./rank.js";

/** The same score for every record. */
export function Val(value: number): RankExpression {
  return constant(requireFinite(value, "the value of Val"));
}

export function Sum(...inputs: RankInput[]): RankExpression {
  return nary("$sum", someRanks(inputs, "Sum"));
}

export function Sub(left: RankInput, right: RankInput): RankExpression {
  return binary("$sub", requireRank(left, "the left of Sub"), requireRank(right, "the right of Sub"));
}

export function Mul(...inputs: RankInput[]): RankExpression {
  return nary("$mul", someRanks(inputs, "Mul"));
}

export function Div(left: RankInput, right: RankInput): RankExpression {
  return binary("$div", requireRank(left, "the left of Div"), requireRank(right, "the right of Div"));
}

export function Abs(input: RankInput): RankExpression {
  return requireRank(input, "the operand of Abs").abs();
}

export function Exp(input: RankInput): RankExpression {
  return requireRank(input, "the operand of Exp").exp();
}

/** The natural logarithm. */
export function Log(input: RankInput): RankExpression {
  return requireRank(input, "the operand of Log").log();
}

export function Max(...inputs: RankInput[]): RankExpression {
  return nary("$max", someRanks(inputs, "Max"));
}

export function Min(...inputs: RankInput[]): RankExpression {
  return nary("$min", someRanks(inputs, "Min"));
}

function someRanks(inputs: readonly RankInput[], operation: string): RankExpression[] {
  if (inputs.length === 0) {
    throw new Error(`Expected ${operation} to get at least one operand`);
  }
  return requireRanks(inputs, operation);
}
