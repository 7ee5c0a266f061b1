import type { SchemaKey } from "../data/schema-keys";

export const DOCUMENT = "#document";

/** Comparisons as the page names them. */
export const OPERATORS = {
  $eq: "is",
  $ne: "is not",
  $gt: "is greater than",
  $gte: "is at least",
  $lt: "is less than",
  $lte: "is at most",
  $in: "is one of",
  $nin: "is none of",
  $contains: "contains",
  $not_contains: "does not contain",
  $regex: "matches the pattern",
  $not_regex: "does not match the pattern",
} as const;

export type Operator = keyof typeof OPERATORS;

/** A comparison as it is put together: the value is what was typed. */
export interface Condition {
  kind: "condition";
  id: string;
  key: string;
  operator: Operator;
  value: string;
}

/** Conditions of which all or any have to hold. */
export interface Group {
  kind: "group";
  id: string;
  connective: "and" | "or";
  parts: readonly (Condition | Group)[];
}

export type Ranking = "none" | "words" | "meaning" | "both";

/** A search as it is put together. Numbers are what was typed. */
export interface Draft {
  where: Group;
  /** Only these records, if there are any */
  among: readonly string[];
  ranking: Ranking;
  text: string;
  limit: string;
  offset: string;
  fields: readonly string[];
}

let ids = 0;
const nextId = (): string => `part-${++ids}`;

export const emptyGroup = (connective: Group["connective"] = "and"): Group => ({ kind: "group", id: nextId(), connective, parts: [] });

export const emptyDraft = (ranking: Ranking): Draft => ({
  where: emptyGroup(),
  among: [],
  ranking,
  text: "",
  limit: "10",
  offset: "0",
  fields: [DOCUMENT, "#score", "#metadata"],
});

/** A condition to be filled in. */
export function newCondition(key: string, keys: readonly SchemaKey[]): Condition {
  const [operator = "$eq"] = operatorsOf(key, keys);
  return { kind: "condition", id: nextId(), key, operator, value: isFlag(key, keys) ? "true" : "" };
}

/** Whether a key has nothing but true and false. */
export function isFlag(key: string, keys: readonly SchemaKey[]): boolean {
  const types = keys.find(({ name }) => name === key)?.types;
  return types?.length === 1 && types[0] === "flag";
}

/** Comparisons that make sense for a key, the most usual first. */
export function operatorsOf(key: string, keys: readonly SchemaKey[]): Operator[] {
  if (key === DOCUMENT) return ["$contains", "$not_contains", "$regex", "$not_regex"];
  if (isFlag(key, keys)) return ["$eq", "$ne"];
  const isNumber = keys.find(({ name }) => name === key)?.types.includes("number") ?? true;
  return ["$eq", "$ne", ...(isNumber ? (["$gt", "$gte", "$lt", "$lte"] as const) : []), "$in", "$nin", "$contains", "$not_contains"];
}

/** The group with a part put in the place of the one with its id; gone without one. */
export function replacePart(group: Group, id: string, part: Condition | Group | undefined): Group {
  const parts = group.parts.flatMap((each): (Condition | Group)[] => {
    if (each.id === id) return part ? [part] : [];
    return [each.kind === "group" ? replacePart(each, id, part) : each];
  });
  return { ...group, parts };
}
