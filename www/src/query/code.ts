import type { Payload } from "./payload";

/** The names that the code has to import. */
type Names = Set<string>;

type Json = Record<string, unknown>;

const FIELDS: Readonly<Record<string, string>> = {
  "#id": "K.ID",
  "#document": "K.DOCUMENT",
  "#embedding": "K.EMBEDDING",
  "#metadata": "K.METADATA",
  "#score": "K.SCORE",
};

const METHODS: Readonly<Record<string, string>> = {
  $eq: "eq",
  $ne: "ne",
  $gt: "gt",
  $gte: "gte",
  $lt: "lt",
  $lte: "lte",
  $in: "isIn",
  $nin: "notIn",
  $contains: "contains",
  $not_contains: "notContains",
  $regex: "regex",
  $not_regex: "notRegex",
};

const FUNCTIONS: Readonly<Record<string, string>> = { $sum: "Sum", $mul: "Mul", $max: "Max", $min: "Min", $abs: "Abs", $exp: "Exp", $log: "Log" };

/** TypeScript that asks the same of a collection, with the builder classes. */
export function codeOf(collection: string, payload: Payload): string {
  const { expression, names } = searchCode(payload);
  return [
    `import { ${[...names].sort().join(", ")}, open } from "chromatid";`,
    ...(usesWords(payload.rank) ? [`import "chromatid/bm25";`] : []),
    "",
    `const client = await open({ name: "my-store" });`,
    `const collection = await client.getCollection({ name: ${JSON.stringify(collection)} });`,
    "",
    `const search = ${expression};`,
    "",
    "const result = await collection.search(search);",
    "console.log(result.rows()[0]);",
  ].join("\n");
}

/** The expression that builds a search, and what it needs. */
export function searchCode({ filter, rank, group_by: groupBy, limit, select }: Payload): { expression: string; names: Names } {
  const names: Names = new Set(["Search"]);
  const { offset = 0, limit: count } = limit as { offset?: number; limit?: number };
  const keys = (select as { keys?: string[] } | undefined)?.keys ?? [];
  const calls = [
    filter && `where(${whereCode(filter as Json, names)})`,
    rank && `rank(${rankCode(rank as Json, names)})`,
    groupBy && `groupBy(${literal(groupBy)})`,
    count !== undefined && `limit(${count}${offset > 0 ? `, ${offset}` : ""})`,
    count === undefined && offset > 0 && `limit({ offset: ${offset} })`,
    keys.length > 0 && `select(${keys.map((key) => fieldCode(key, names)).join(", ")})`,
  ].filter((call) => typeof call === "string");
  return { expression: ["new Search()", ...calls].join("\n  ."), names };
}

function fieldCode(key: string, names: Names): string {
  names.add("K");
  return FIELDS[key] ?? `K(${JSON.stringify(key)})`;
}

/** Each link of the outermost chain has a line of its own. */
function whereCode(where: Json, names: Names, isOutermost = true): string {
  const [name = "", operand] = Object.entries(where)[0] ?? [];
  if (name === "$and" || name === "$or") {
    const [first = "", ...others] = (operand as Json[]).map((part) => whereCode(part, names, false));
    const chained = others.map((part) => `.${name.slice(1)}(${part})`);
    return isOutermost ? [first, ...chained].join("\n    ") : first + chained.join("");
  }
  const [operator = "", value] = Object.entries(operand as Json)[0] ?? [];
  return `${fieldCode(name, names)}.${METHODS[operator] ?? operator}(${literal(value)})`;
}

function rankCode(rank: Json, names: Names): string {
  const fused = asFusion(rank);
  if (fused) {
    names.add("Rrf");
    const ranks = fused.ranks.map((each) => `    ${rankCode(each, names)},`);
    return `Rrf({\n${["    ranks: [", ...ranks.map((line) => `  ${line}`), "    ],"].join("\n")}${fused.k === 60 ? "" : `\n    k: ${fused.k},`}\n  })`;
  }
  const [operator = "", operand] = Object.entries(rank)[0] ?? [];
  if (operator === "$knn") return knnCode(operand as Json, names);
  if (operator === "$val") {
    names.add("Val");
    return `Val(${literal(operand)})`;
  }
  if (operator === "$sub" || operator === "$div") {
    const { left, right } = operand as { left: Json; right: Json };
    const name = operator === "$sub" ? "Sub" : "Div";
    names.add(name);
    return `${name}(${rankCode(left, names)}, ${rankCode(right, names)})`;
  }
  const name = FUNCTIONS[operator];
  // What the builders do not know is taken as it is, and refused by the engine.
  if (!name) return literal(rank);
  names.add(name);
  const operands = Array.isArray(operand) ? (operand as Json[]) : [operand as Json];
  return `${name}(${operands.map((each) => rankCode(each, names)).join(", ")})`;
}

function knnCode(knn: Json, names: Names): string {
  names.add("Knn");
  const { query, key, limit, default: others, return_rank: returnRank } = knn;
  const members = [
    `query: ${literal(query)}`,
    ...(key === undefined || key === "#embedding" ? [] : [`key: ${literal(key)}`]),
    ...(limit === undefined || limit === 128 ? [] : [`limit: ${literal(limit)}`]),
    ...(others === undefined ? [] : [`default: ${literal(others)}`]),
    ...(returnRank === undefined ? [] : [`returnRank: ${literal(returnRank)}`]),
  ];
  return `Knn({ ${members.join(", ")} })`;
}

/** The ranks of `-Σ 1 / (k + rank)`, which is what `Rrf` makes. */
function asFusion(rank: Json): { ranks: Json[]; k: number } | undefined {
  const [sum, minus] = (rank.$mul ?? []) as Json[];
  if (minus?.$val !== -1 || !Array.isArray(sum?.$sum)) return undefined;
  const terms = (sum.$sum as Json[]).map((term): { each: Json; k: number } | undefined => {
    const { left, right } = (term.$div ?? {}) as { left?: Json; right?: Json };
    const [each, k] = (right?.$sum ?? []) as Json[];
    return left?.$val === 1 && each && typeof k?.$val === "number" ? { each, k: k.$val } : undefined;
  });
  const [first] = terms;
  return first && terms.every((term) => term?.k === first.k) ? { ranks: terms.flatMap((term): Json[] => (term ? [term.each] : [])), k: first.k } : undefined;
}

/** Whether texts are looked for under a key of metadata, which takes the function of its index. */
function usesWords(rank: unknown): boolean {
  return typeof rank === "object" && rank !== null && /"key":"[^#]/.test(JSON.stringify(rank));
}

/** JSON as it is written in code. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${/^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name)}: ${literal(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
