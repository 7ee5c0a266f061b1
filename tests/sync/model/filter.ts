/** `where` and `where_document` as the single node understands them. */

import { invalid } from "./errors.js";
import { type Json, JsonNumber } from "./json.js";
import { DOCUMENT, type Scalar, scalarOf, URI, type Value } from "./values.js";

/** What a filter looks at. */
export interface Filtered {
  document: string | undefined;
  uri: string | undefined;
  metadata: ReadonlyMap<string, Value>;
}

export interface Filter {
  matches(record: Filtered): boolean;
  /** Variables of the SQL statement that it becomes. */
  variables: number;
}

type Test = (value: Scalar) => boolean;

const DOCUMENT_KEY = "#document";

export function parseWhere(json: Json | undefined): Filter | undefined {
  return json === undefined || json === null ? undefined : where(json);
}

export function parseWhereDocument(json: Json | undefined): Filter | undefined {
  return json === undefined || json === null ? undefined : whereDocument(json);
}

/** Of filters that both have to match; undefined is no filter. */
export function both(one: Filter | undefined, other: Filter | undefined): Filter | undefined {
  return one && other ? composite("$and", [one, other]) : (one ?? other);
}

const malformed = () => invalid("Invalid where clause");
const malformedDocument = () => invalid("Invalid where document clause");

/** The one member of an object. */
function only(json: Json, error: () => Error): [string, Json] {
  const [member, ...others] = json instanceof Map ? json : [];
  if (!member || others.length > 0) {
    throw error();
  }
  return member;
}

function where(json: Json): Filter {
  const [key, operand] = only(json, malformed);
  if (key === "$and" || key === "$or") {
    return composite(key, childrenOf(operand, malformed).map(where));
  }
  if (key.startsWith("$")) {
    throw malformed();
  }
  const [operator, value] = operand instanceof Map ? only(operand, malformed) : (["$eq", operand] as const);
  return key === DOCUMENT_KEY ? documentLeaf(operator, value, malformed) : metadataLeaf(key, operator, value);
}

function whereDocument(json: Json): Filter {
  const [key, operand] = only(json, malformedDocument);
  if (key === "$and" || key === "$or") {
    return composite(key, childrenOf(operand, malformedDocument).map(whereDocument));
  }
  return documentLeaf(key, operand, malformedDocument);
}

function childrenOf(json: Json, error: () => Error): Json[] {
  if (!Array.isArray(json)) {
    throw error();
  }
  return json;
}

function composite(operator: "$and" | "$or", children: Filter[]): Filter {
  return {
    matches: (record) =>
      operator === "$and" ? children.every((child) => child.matches(record)) : children.some((child) => child.matches(record)),
    variables: children.reduce((sum, child) => sum + child.variables, 1),
  };
}

function not(filter: Filter): Filter {
  return { ...filter, matches: (record) => !filter.matches(record) };
}

function documentLeaf(operator: string, value: Json, error: () => Error): Filter {
  const positive = operator.replace("$not_", "$");
  if (["$eq", "$ne", "$in", "$nin"].includes(operator)) {
    throw invalid(`Cannot filter using metadata key '${DOCUMENT_KEY}' with type 'Str' because indexing is disabled`);
  }
  if (typeof value !== "string" || (positive !== "$contains" && positive !== "$regex")) {
    throw error();
  }
  const test = positive === "$contains" ? (document: string) => document.includes(value) : regexTest(value);
  const filter = { matches: ({ document }: Filtered) => document !== undefined && test(document), variables: 1 };
  return positive === operator ? filter : not(filter);
}

/** Close to the server's regular expressions, which are those of Rust. */
function regexTest(pattern: string): (document: string) => boolean {
  try {
    const regex = new RegExp(pattern, "u");
    return (document) => regex.test(document);
  } catch (error) {
    throw invalid(`Regex syntax errror: ${String(error)}`);
  }
}

function metadataLeaf(key: string, operator: string, value: Json): Filter {
  switch (operator) {
    case "$eq":
      return anyOf(key, [operandOf(value)]);
    case "$ne":
      return not(anyOf(key, [operandOf(value)]));
    case "$in":
      return anyOf(key, operandsOf(value));
    case "$nin":
      return not(anyOf(key, operandsOf(value)));
    case "$contains":
      return listHas(key, operandOf(value));
    case "$not_contains":
      return not(listHas(key, operandOf(value)));
    default:
      return range(key, operator, value);
  }
}

/** A number that does not fit an integer of 64 bits is none, unless it is written as a float. */
function operandOf(json: Json): Scalar {
  const scalar = scalarOf(json);
  const overflows = json instanceof JsonNumber && typeof scalar === "number" && /^-?[1-9]\d*$/.test(json.text);
  if (scalar === undefined || overflows) {
    throw malformed();
  }
  return scalar;
}

/** The first element says of which type they are; integers among floats are floats, floats among integers are an error. */
function operandsOf(json: Json): Scalar[] {
  const operands = Array.isArray(json) ? json.map(operandOf) : [];
  const type = typeof operands[0];
  if (operands.length === 0) {
    throw malformed();
  }
  return operands.map((operand) => {
    const cast = type === "number" && typeof operand === "bigint" ? Number(operand) : operand;
    if (typeof cast !== type) {
      throw malformed();
    }
    return cast;
  });
}

/** Without lists: they are kept in a table of their own, which only `$contains` looks at. */
function scalarAt(record: Filtered, key: string): Scalar | undefined {
  if (key === DOCUMENT || key === URI) {
    return key === DOCUMENT ? record.document : record.uri;
  }
  const value = record.metadata.get(key);
  return Array.isArray(value) ? undefined : value;
}

function scalarLeaf(key: string, test: Test, variables: number): Filter {
  return {
    matches: (record) => {
      const value = scalarAt(record, key);
      return value !== undefined && test(value);
    },
    variables,
  };
}

const isNumber = (value: Scalar) => typeof value === "bigint" || typeof value === "number";

/** Numbers are looked for among integers and among floats, each time with the key. */
function variablesOf(operands: Scalar[]): number {
  return (1 + operands.length) * (operands.some(isNumber) ? 2 : 1);
}

function anyOf(key: string, operands: Scalar[]): Filter {
  const set = new Set(operands);
  const integers = new Set(operands.filter(isNumber).map(asInteger));
  const floats = new Set(operands.filter(isNumber).map(Number));
  const test: Test = (value) =>
    typeof value === "bigint" ? integers.has(value) : typeof value === "number" ? floats.has(value) : set.has(value);
  return scalarLeaf(key, test, variablesOf(operands));
}

/** A float that is compared with integers loses its fraction first: 1 equals 1.5. */
function asInteger(operand: Scalar): bigint {
  return typeof operand === "bigint" ? operand : BigInt(Math.trunc(Number(operand)));
}

const RANGES: Record<string, (value: bigint | number, operand: bigint | number) => boolean> = {
  $gt: (value, operand) => value > operand,
  $gte: (value, operand) => value >= operand,
  $lt: (value, operand) => value < operand,
  $lte: (value, operand) => value <= operand,
};

function range(key: string, operator: string, json: Json): Filter {
  const compare = RANGES[operator];
  const operand = compare && operandOf(json);
  if (!compare || (typeof operand !== "bigint" && typeof operand !== "number")) {
    throw malformed();
  }
  const integer = asInteger(operand);
  const float = Number(operand);
  const test: Test = (value) =>
    typeof value === "bigint" ? compare(value, integer) : typeof value === "number" && compare(value, float);
  return scalarLeaf(key, test, variablesOf([operand]));
}

function listHas(key: string, operand: Scalar): Filter {
  return {
    matches: ({ metadata }) => {
      const value = metadata.get(key);
      return Array.isArray(value) && value.includes(operand);
    },
    variables: 2,
  };
}
