/** The checks that the `chromadb` client makes on filters, with its messages. */

import { ChromaValueError } from "./errors.js";
import type { Where, WhereDocument } from "./types.js";
import { isScalar, kind } from "./validate.js";

const RANGE_OPERATORS = ["$gt", "$gte", "$lt", "$lte"];
const LIST_OPERATORS = ["$in", "$nin"];
const CONTAINS_OPERATORS = ["$contains", "$not_contains"];
const OPERATORS = [...RANGE_OPERATORS, "$ne", "$eq", ...LIST_OPERATORS, ...CONTAINS_OPERATORS];
const DOCUMENT_OPERATORS = ["$contains", "$not_contains", "$matches", "$not_matches", "$regex", "$not_regex"];

/** A filter on metadata has one key; its operand fits the operator. */
export function validateWhere(where: Where | null): void {
  if (typeof where !== "object" || where === null) {
    throw new ChromaValueError("Expected where to be a non-empty object");
  }
  const entries: [string, unknown][] = Object.entries(where);
  const [entry] = entries;
  if (entries.length !== 1 || !entry) {
    throw new ChromaValueError(`Expected 'where' to have exactly one operator, but got ${entries.length}`);
  }
  const [key, value] = entry;
  if (key === "$and" || key === "$or") {
    if (!Array.isArray(value) || value.length <= 1) {
      throw new ChromaValueError(
        `Expected 'where' value for $and or $or to be a list of 'where' expressions, but got ${show(value)}`,
      );
    }
    value.forEach((clause: Where) => validateWhere(clause));
    return;
  }
  if (typeof value === "object" && value !== null) {
    validateOperatorExpression(value);
  } else if (!isScalar(value)) {
    throw new ChromaValueError(
      `Expected 'where' value to be a string, number, boolean, or an operator expression, but got ${show(value)}`,
    );
  }
}

function validateOperatorExpression(expression: object): void {
  const entries: [string, unknown][] = Object.entries(expression);
  const [entry] = entries;
  if (entries.length !== 1 || !entry) {
    throw new ChromaValueError(`Expected operator expression to have one operator, but got ${show(expression)}`);
  }
  const [operator, operand] = entry;
  if (RANGE_OPERATORS.includes(operator) && kind(operand) !== "number") {
    throw new ChromaValueError(
      `Expected operand value to be a number for ${operator}, but got ${typeof operand}`,
    );
  }
  if (LIST_OPERATORS.includes(operator) && !Array.isArray(operand)) {
    throw new ChromaValueError(`Expected operand value to be an array for ${operator}, but got ${show(operand)}`);
  }
  if (CONTAINS_OPERATORS.includes(operator) && !isScalar(operand)) {
    throw new ChromaValueError(
      `Expected operand value to be a string, number, or boolean for ${operator}, but got ${typeof operand}`,
    );
  }
  if (!OPERATORS.includes(operator)) {
    throw new ChromaValueError(`Expected operator to be one of ${OPERATOR_LIST}, but got ${operator}`);
  }
  if (!isScalar(operand) && !Array.isArray(operand)) {
    throw new ChromaValueError(
      "Expected operand value to be a string, number, boolean, or a list of those types",
    );
  }
  if (Array.isArray(operand) && !isHomogeneous(operand)) {
    throw new ChromaValueError(
      "Expected 'where' operand value to be a non-empty list and all values to be of the same type",
    );
  }
}

const OPERATOR_LIST = OPERATORS.join(", ");

function isHomogeneous(list: readonly unknown[]): boolean {
  return list.length > 0 && list.every((item) => kind(item) === kind(list[0]));
}

/** A filter on documents has one operator; its operand fits. */
export function validateWhereDocument(whereDocument: WhereDocument | null): void {
  if (typeof whereDocument !== "object" || whereDocument === null) {
    throw new ChromaValueError("Expected 'whereDocument' to be a non-empty object");
  }
  const entries: [string, unknown][] = Object.entries(whereDocument);
  const [entry] = entries;
  if (entries.length !== 1 || !entry) {
    throw new ChromaValueError(
      `Expected 'whereDocument' to have exactly one operator, but got ${show(whereDocument)}`,
    );
  }
  const [operator, operand] = entry;
  if (operator === "$and" || operator === "$or") {
    validateDocumentList(operator, operand);
  } else if (!DOCUMENT_OPERATORS.includes(operator)) {
    throw new ChromaValueError(
      `Expected 'whereDocument' operator to be one of ${DOCUMENT_OPERATORS.join(", ")}, $and, or $or, but got ${operator}`,
    );
  } else if (typeof operand !== "string") {
    throw new ChromaValueError(
      `Expected operand for ${operator} to be a non empty string, but got ${show(operand)}`,
    );
  }
}

function validateDocumentList(operator: string, operand: unknown): void {
  if (!Array.isArray(operand)) {
    throw new ChromaValueError(
      `Expected operand for ${operator} to be a list of 'whereDocument' expressions, but got ${show(operand)}`,
    );
  }
  if (operand.length <= 1) {
    throw new ChromaValueError(
      `Expected 'whereDocument' operand for ${operator} to be a list with at least two 'whereDocument' expressions`,
    );
  }
  operand.forEach((clause: WhereDocument) => validateWhereDocument(clause));
}

/** A value as it appears in messages of the official client. */
function show(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object without a prototype has no string form.
    return Object.prototype.toString.call(value);
  }
}
