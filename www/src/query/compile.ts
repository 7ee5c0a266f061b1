import { K, Knn, Rrf, Search, type RankExpression, type WhereExpression } from "chromatid";
import type { SchemaKey, ValueType } from "../data/schema-keys";
import type { Condition, Draft, Group } from "./draft";

/** What a search needs to know of its collection. */
export interface Target {
  keys: readonly SchemaKey[];
  /** The key of the index of words, if there is one */
  words: string | undefined;
  /** Whether the console can embed texts for it */
  embeds: boolean;
}

export interface Compiled {
  search: Search;
  /** What is wrong or missing, by the id of a condition or the name of a field; what it is about is left out of the search */
  problems: ReadonlyMap<string, string>;
}

/** Neighbours that each of the fused ranks contributes, and the rank of what is not among them. */
const CANDIDATES = 200;
const FAR_RANK = 10 * CANDIDATES;

type Value = string | number | boolean;

/** What is wrong with a value that was typed. */
class ValueProblem extends Error {}

/** The search that a draft stands for, by the builders of the package. */
export function compile(draft: Draft, target: Target): Compiled {
  const problems = new Map<string, string>();
  const note = <T>(id: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      problems.set(id, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const where = whereOf(draft.where, (condition) => note(condition.id, () => comparison(condition, target)));
  const rank = note("text", () => rankOf(draft, target));
  const limit = note("limit", () => wholeNumber(draft.limit, 1));
  const offset = note("offset", () => wholeNumber(draft.offset, 0));
  const search = new Search({
    where: limitedTo(draft.among, where) ?? null,
    rank: rank ?? null,
    limit: { limit: limit ?? null, offset: offset ?? 0 },
    select: draft.fields,
  });
  return { search, problems };
}

/** Among the chosen records, what meets the conditions. */
function limitedTo(ids: readonly string[], where: WhereExpression | undefined): WhereExpression | undefined {
  if (ids.length === 0) return where;
  const chosen = K.ID.isIn([...ids]);
  return where ? chosen.and(where) : chosen;
}

function whereOf(group: Group, comparisonOf: (condition: Condition) => WhereExpression | undefined): WhereExpression | undefined {
  const parts = group.parts.flatMap((part) => (part.kind === "group" ? whereOf(part, comparisonOf) : comparisonOf(part)) ?? []);
  return parts.slice(1).reduce<WhereExpression | undefined>((all, next) => (group.connective === "and" ? all?.and(next) : all?.or(next)), parts[0]);
}

function comparison({ key: name, operator, value }: Condition, { keys }: Target): WhereExpression {
  if (value === "") throw new ValueProblem("Needs a value");
  const key = K(name);
  const types = keys.find((each) => each.name === name)?.types ?? (["text"] as const);
  switch (operator) {
    case "$eq":
      return key.eq(readValue(value, types));
    case "$ne":
      return key.ne(readValue(value, types));
    case "$gt":
      return key.gt(readNumber(value));
    case "$gte":
      return key.gte(readNumber(value));
    case "$lt":
      return key.lt(readNumber(value));
    case "$lte":
      return key.lte(readNumber(value));
    case "$in":
      return key.isIn(readList(value, types));
    case "$nin":
      return key.notIn(readList(value, types));
    case "$contains":
      return key.contains(readValue(value, types));
    case "$not_contains":
      return key.notContains(readValue(value, types));
    case "$regex":
      return key.regex(value);
    case "$not_regex":
      return key.notRegex(value);
  }
}

/** What was typed, as the type that the key has. A key with several types takes what the text looks like. */
function readValue(text: string, types: readonly ValueType[]): Value {
  if (types.includes("flag") && (text === "true" || text === "false")) return text === "true";
  if (!types.includes("number")) return text;
  return types.includes("text") && !isNumber(text) ? text : readNumber(text);
}

const isNumber = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text));

function readNumber(text: string): number {
  if (!isNumber(text)) throw new ValueProblem(`“${text}” is no number`);
  return Number(text);
}

function readList(text: string, types: readonly ValueType[]): Value[] {
  const items = text.split(",").map((item) => item.trim());
  return items.filter((item) => item !== "").map((item) => readValue(item, types));
}

function wholeNumber(text: string, least: number): number | undefined {
  if (text.trim() === "") return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new ValueProblem(`Has to be a whole number from ${least}`);
  return value;
}

function rankOf({ ranking, text }: Draft, { words: key, embeds }: Target): RankExpression | undefined {
  if (ranking === "none") return undefined;
  if (text.trim() === "") throw new ValueProblem("Needs a text to rank by");
  const query = text.trim();
  if (ranking === "meaning" && embeds) return Knn({ query });
  if (ranking === "words" && key) return Knn({ query, key });
  if (ranking !== "both" || !embeds || !key) throw new ValueProblem("This collection cannot be ranked so");
  const fused = { query, limit: CANDIDATES, default: FAR_RANK, returnRank: true };
  return Rrf({ ranks: [Knn(fused), Knn({ ...fused, key })] });
}
