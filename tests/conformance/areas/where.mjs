/** Filters on metadata: every operator with operands of every kind, over values of every kind. */

import { float, Num } from "../json.mjs";
import { add, create, find, get, idsOnly, ours, packaged, scenario } from "../steps.mjs";
import { matches } from "../models/filter.mjs";

/** A record for each kind of value; `none` lacks the key, `bare` has no metadata at all. */
export const VALUES = {
  "int-0": 0, "int-1": 1, "int-2": 2, "int-neg": -3,
  "float-1": float(1), "float-1.5": 1.5, "float-neg": -2.5, "float-2": float(2),
  true: true, false: false, "text-1": "1", "text-x": "x", "text-X": "X", "text-empty": "", "text-true": "true",
  "ints": [1, 2], "floats": [1.5, 2.5], "texts": ["x", "yz"], "bools": [true],
};

const OPERANDS = {
  "int-1": 1, "int-2": 2, "int-neg": -3, "int-absent": 99,
  "float-1": float(1), "float-1.5": 1.5, "float-neg": -2.5, "float-absent": 0.25, true: true, false: false, "text-1": "1", "text-x": "x",
  "text-empty": "", "text-absent": "nope",
};

const LISTS = [
  [1], [1, 2], [2, -3, 99], [1.5], [1.5, 2], [float(1), 2], ["x"], ["x", "1", ""], [true], [true, false], [1, 1],
  [], [1, "x"], ["x", 1], [1, 2.5], [1, true], [true, 1], [null], [[1]], [{ a: 1 }],
];

const NOT_OPERANDS = [null, {}, { a: 1 }, [1], []];

const LARGE = ["9007199254740993", "9007199254740995", "-9007199254740993", "9223372036854775807", "-9223372036854775808"].map(
  (text) => new Num(text),
);

const tooLarge = packaged("says what to do about it", {
  error: { status: 400, name: "InvalidArgumentError", message: "an integer does not fit 64 bits: store it as a string" },
});

const seed = [
  create("things"),
  add("things", {
    ids: [...Object.keys(VALUES), "none", "bare"],
    embeddings: [...Object.keys(VALUES), "none", "bare"].map((_, index) => [index, 1]),
    metadatas: [...Object.values(VALUES).map((v) => ({ v, other: 1 })), { other: 2 }, null],
  }),
];

/**
 * What the model of filters finds goes along: where the single node finds something else, it is ours that differs.
 * @param {unknown} where
 */
function asked(where) {
  /** @type {[string, unknown][]} */
  const records = [...Object.entries(VALUES), ["none", undefined], ["bare", undefined]];
  const ids = records
    .filter(([, value]) => matches(/** @type {any} */ (where), value))
    .map(([id]) => id);
  return { ...find("things", where), expected: ids };
}

/**
 * @param {string[]} operators
 * @param {unknown[]} operands
 */
const each = (operators, operands) => operators.flatMap((operator) => operands.map((operand) => asked({ v: { [operator]: operand } })));

const scalars = Object.values(OPERANDS);
const numbers = scalars.filter((operand) => typeof operand === "number" || operand instanceof Num);

/** @param {object[]} clauses */
const refusals = (clauses) => clauses.map((clause) => find("things", clause));

export const scenarios = [
  scenario("equality", "$eq and $ne over values of every kind", seed, scalars.map((operand) => asked({ v: operand })), each(["$eq", "$ne"], scalars)),
  scenario("ranges", "$gt, $gte, $lt and $lte compare numbers of both kinds", seed, each(["$gt", "$gte", "$lt", "$lte"], numbers)),
  scenario(
    "range-refusals",
    "only numbers have an order",
    seed,
    refusals(["$gt", "$gte", "$lt", "$lte"].flatMap((operator) => ["x", true, "", [1], null].map((operand) => ({ v: { [operator]: operand } })))),
  ),
  scenario(
    "lists",
    "$in and $nin take members of one kind",
    seed,
    ["$in", "$nin"].flatMap(
      (operator) => LISTS.map((list) => (valid(list) ? asked({ v: { [operator]: list } }) : find("things", { v: { [operator]: list } }))),
    ),
    refusals(["$in", "$nin"].flatMap((operator) => [1, "x", null, { a: 1 }].map((operand) => ({ v: { [operator]: operand } })))),
  ),
  scenario("members", "$contains and $not_contains look into lists alone", seed, each(["$contains", "$not_contains"], scalars)),
  scenario(
    "grammar",
    "one key, one operator, a scalar: everything else is refused",
    seed,
    refusals([
      ...["$eq", "$ne", "$contains", "$not_contains"].flatMap((operator) => NOT_OPERANDS.map((operand) => ({ v: { [operator]: operand } }))),
      ...NOT_OPERANDS.map((operand) => ({ v: operand })),
      { v: { $exists: true } }, { v: { $regex: "x" } }, { v: { eq: 1 } }, { v: { $EQ: 1 } },
      { v: { $gt: 0, $lt: 3 } }, { v: 1, other: 1 }, {}, { $not: { v: 1 } }, { $gt: 1 }, { $nor: [] },
      { $and: { v: 1 } }, { $or: 1 }, { $and: [1] }, { $and: [{}] }, { $or: [{ v: { $bogus: 1 } }] }, { $and: [{ v: 1 }], v: 1 },
      { $and: null },
    ]),
    [[], "x", 1, true].map((where) => find("things", where)),
    find("things", null),
  ),
  scenario(
    "combinations",
    "$and and $or of any number of clauses, to any depth",
    seed,
    [
      { $and: [] }, { $or: [] }, { $and: [{ v: 1 }] }, { $or: [{ v: 1 }] },
      { $and: [{ v: { $gt: 0 } }, { v: { $lt: 2 } }] }, { $or: [{ v: "x" }, { v: true }, { v: 99 }] },
      { $and: [{ v: { $ne: 1 } }, { v: { $ne: "x" } }] }, { $or: [{ v: { $ne: 1 } }, { v: 1 }] },
      { $or: [{ $and: [{ v: { $gte: 1 } }, { v: { $lte: 1 } }] }, { $and: [{ v: { $contains: 1 } }, { v: { $not_contains: 3 } }] }] },
      { $and: [{ $or: [{ v: 0 }, { v: 1 }] }, { $or: [{ v: 1 }, { v: 2 }] }] },
      { $and: [{ v: { $nin: ["x", "X"] } }, { v: { $nin: [1, 2] } }, { v: { $not_contains: "x" } }] },
    ].map(asked),
    find("things", { $and: [{ v: { $gt: 0 } }, { other: 1 }] }),
    find("things", { $or: [{ other: 2 }, { v: false }] }),
    find("things", { other: { $ne: 1 } }),
    find("things", { $and: [{ other: { $ne: 1 } }, { other: { $ne: 2 } }] }),
  ),
  scenario(
    "large-integers",
    "integers are exact to the last of 64 bits",
    create("things"),
    add("things", { ids: LARGE.map((_, index) => `r${index}`), embeddings: LARGE.map((_, index) => [index]), metadatas: LARGE.map((v) => ({ v })) }),
    LARGE.flatMap((operand) => ["$eq", "$ne", "$gt", "$lte"].map((operator) => find("things", { v: { [operator]: operand } }))),
    find("things", { v: { $in: LARGE.slice(0, 2) } }),
    ["$eq", "$ne", "$gt"].map((operator) => find("things", { v: { [operator]: new Num("9223372036854775808") } }, tooLarge)),
  ),
  scenario(
    "keys",
    "any text is a key; some mean a part of the record",
    create("things"),
    add("things", {
      ids: ["a", "b"],
      embeddings: [[1], [2]],
      documents: ["Hello World", null],
      uris: ["u://a", null],
      metadatas: [{ "a.b": 1, "a b": 2, ä: 3, and: 4, id: 5, constructor: 6 }, { "A.B": 1 }],
    }),
    [
      { "a.b": 1 }, { "a b": 2 }, { ä: 3 }, { and: 4 }, { id: 5 }, { constructor: 6 }, { "": 1 }, { a: 1 }, { "a.b": { $ne: 1 } },
      { missing: { $nin: [1] } },
    ].map((where) => find("things", where)),
    ["$contains", "$not_contains"].map((operator) => find("things", { "#document": { [operator]: "World" } })),
    ["$regex", "$not_regex"].map((operator) => find("things", { "#document": { [operator]: "^H" } })),
    [
      { "#document": "Hello World" }, { "#document": { $eq: "Hello World" } }, { "#document": { $ne: "x" } },
      { "#document": { $in: ["x"] } },
      { "#document": { $contains: 1 } }, { "#document": 1 }, { "#document": { $gt: 1 } },
      { "#embedding": 1 }, { "#metadata": "x" }, { "#metadata": { $ne: "x" } }, { "#score": { $gt: 0 } },
    ].map((where) => find("things", where)),
    find("things", { "#id": "a" }, ours("#id is the id, as where Chroma is distributed", idsOnly(["a"]))),
    find("things", { "#id": { $in: ["b", "zz"] } }, ours("#id is the id, as where Chroma is distributed", idsOnly(["b"]))),
    find("things", { "#id": { $ne: "a" } }, ours("#id is the id, as where Chroma is distributed", idsOnly(["b"]))),
    find("things", { "#id": { $nin: ["a", "b"] } }, ours("#id is the id, as where Chroma is distributed", idsOnly([]))),
    find("things", { "#id": 1 }),
    find("things", { "chroma:document": "Hello World" }, ours("documents are no metadata here", idsOnly([]))),
    find("things", { "chroma:uri": "u://a" }, ours("uris are no metadata here", idsOnly([]))),
  ),
  scenario(
    "after-changes",
    "filters see what records are now",
    create("things"),
    add(
      "things",
      { ids: ["a", "b", "c"], embeddings: [[1], [2], [3]], metadatas: [{ v: 1 }, { v: 2 }, { v: [1, 2] }], documents: ["one", "two", "three"] },
    ),
    { call: "update", collection: "things", body: { ids: ["a"], metadatas: [{ v: "x" }] } },
    find("things", { v: 1 }),
    find("things", { v: "x" }),
    { call: "update", collection: "things", body: { ids: ["b"], metadatas: [{ v: null }] } },
    find("things", { v: 2 }),
    find("things", { v: { $ne: 2 } }),
    { call: "update", collection: "things", body: { ids: ["c"], metadatas: [{ v: [2, 3] }], documents: ["drei"], embeddings: [[3]] } },
    find("things", { v: { $contains: 1 } }),
    find("things", { v: { $contains: 3 } }),
    get("things", { where_document: { $contains: "thr" }, include: [] }),
    get("things", { where_document: { $contains: "dre" }, include: [] }),
    { call: "delete", collection: "things", body: { ids: ["a"] } },
    find("things", { v: "x" }),
    { call: "add", collection: "things", body: { ids: ["a"], embeddings: [[1]] } },
    find("things", { v: { $ne: "y" } }),
  ),
];

/** @param {any[]} list */
function valid(list) {
  const kinds = list.map((member) => (member instanceof Num ? "number" : typeof member));
  const scalar = kinds.every((kind) => ["number", "string", "boolean"].includes(kind));
  const fractions = list.map((member) => /\./.test(member instanceof Num ? member.text : String(member)));
  return list.length > 0 && scalar && new Set(kinds).size === 1 && (kinds[0] !== "number" || fractions[0] === true || !fractions.includes(true));
}
