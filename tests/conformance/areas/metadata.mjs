/** Which values and keys metadata may have, and how they come back. */

import { float, Num } from "../json.mjs";
import { add, count, create, find, get, idsOnly, modify, ours, packaged, refused, scenario, show, upsert } from "../steps.mjs";

const ARRAYS = "arrays are metadata of collections too, as where Chroma is distributed: the single node panics";

/** @param {object} metadata */
const collection = (metadata, name = "things") => ({
  name,
  configuration_json: {
    hnsw: { space: "l2", ef_construction: 100, ef_search: 100, max_neighbors: 16, resize_factor: 1.2, sync_threshold: 1000 }, spann: null,
    embedding_function: null,
  },
  metadata, dimension: null, tenant: "default_tenant", database: "default_database", id: `<id of ${name}>`,
});

const SCALARS = {
  "a boolean": true, "an integer": -5, "a float": 1.5, "an integral float": float(3), "a large float": 1e300, "a small float": 1e-300,
  zero: 0,
  "negative zero": new Num("-0.0"), "a text": "x", "an empty text": "", "a text of many scripts": "ß ÜBER 日本 🙂 \u0000 \n \"",
};

const LARGEST = new Num("9223372036854775807");
const SMALLEST = new Num("-9223372036854775808");
const BEYOND = new Num("9223372036854775808");

const LISTS = {
  integers: [1, -2, 3], floats: [1.5, 2.5], "integral floats": [float(1), float(2)], mixed: [1, 2.5], texts: ["x", "", "y"],
  booleans: [true, false], "equal members": [1, 1, 1],
  empty: [],
};

const NOT_VALUES = {
  "a list of two types": [1, "x"], "booleans and integers": [true, 1], "a list of lists": [[1]], "a list with null": [1, null],
  "an object": { x: 1 }, "an empty object": {},
};

const KEYS = ["a", "with space", "a.b", "ä", "Ω", "-", "0", "constructor", "a".repeat(300), "", "#a", "$a", "$and", "#document", "a#", "a$"];

/**
 * A record for each value, and what comes back.
 * @param {Record<string, unknown>} values
 */
const stored = (values) => [
  create("things"),
  Object.entries(values).map(([what, value]) => add("things", { ids: [what], embeddings: [[1]], metadatas: [{ value }] })),
  get("things", { include: ["metadatas"] }),
].flat();

export const scenarios = [
  scenario("values", "every kind of value comes back as it was given", stored(SCALARS)),
  scenario(
    "large-integers",
    "integers of 64 bits are exact, larger ones floats",
    create("things"),
    add("things", { ids: ["largest"], embeddings: [[1]], metadatas: [{ value: LARGEST }] }),
    add("things", { ids: ["smallest"], embeddings: [[1]], metadatas: [{ value: SMALLEST }] }),
    get("things", { include: ["metadatas"] }),
    find("things", { value: LARGEST }),
    find("things", { value: { $lt: new Num("-9223372036854775807") } }),
    add(
      "things",
      { ids: ["beyond"], embeddings: [[1]], metadatas: [{ value: BEYOND }] },
      packaged("a bigint beyond 64 bits is refused", { error: { name: "ChromaClientError", message: "" } }),
    ),
    get(
      "things",
      { ids: ["beyond"], include: ["metadatas"] },
      packaged("it was refused", { answer: { ...idsOnly([]), metadatas: [], include: ["metadatas"] } }),
    ),
  ),
  scenario("lists", "lists of values of one kind come back; empty ones are nothing", stored(LISTS)),
  scenario("not-values", "what is no value is refused, and nothing of its request is written", stored(NOT_VALUES), count("things")),
  scenario(
    "keys",
    "which keys a record may have",
    create("things"),
    KEYS.map((key, index) => add("things", { ids: [`r${index}`], embeddings: [[1]], metadatas: [{ [key]: 1 }] })),
    get("things", { include: ["metadatas"] }),
    add("things", { ids: ["fine", "not"], embeddings: [[1], [1]], metadatas: [{ a: 1 }, { "#b": 1 }] }),
    count("things"),
  ),
  scenario(
    "none",
    "no metadata, null and an object without members are the same",
    create("things"),
    add("things", { ids: ["a", "b"], embeddings: [[1], [2]], metadatas: [null, {}] }),
    add("things", { ids: ["c"], embeddings: [[3]], metadatas: null }),
    add("things", { ids: ["d"], embeddings: [[4]] }),
    add("things", { ids: ["e"], embeddings: [[5]], metadatas: [{ gone: [] }] }),
    get("things"),
  ),
  scenario(
    "null-values",
    "null is no value, but deletes a key when a record is changed",
    create("things"),
    upsert("things", { ids: ["b"], embeddings: [[2]], metadatas: [{ a: null, b: 1 }] }),
    upsert("things", { ids: ["c"], embeddings: [[3]], metadatas: [{ a: null }] }),
    get("things"),
  ),
  scenario(
    "hidden",
    "keys of Chroma's own are kept and not shown",
    create("things"),
    add("things", { ids: ["a"], embeddings: [[1]], metadatas: [{ "chroma:x": 1, b: 2 }] }),
    get("things"),
    get("things", { where: { "chroma:x": 1 } }),
  ),
  scenario(
    "collections",
    "metadata of a collection",
    create("things", { metadata: { a: 1, b: 1.5, c: "x", d: true, e: float(2) } }),
    create("none", { metadata: null }),
    create("empty", { metadata: {} }),
    create("nulls", { metadata: { a: null } }),
    create("objects", { metadata: { a: { b: 1 } } }),
    create("mixed", { metadata: { a: [1, "x"] } }),
    create("no-key", { metadata: { "": 1 } }),
    create("hash", { metadata: { "#a": 1 } }),
    create("dollar", { metadata: { "$a": 1 } }),
    create("chroma", { metadata: { "chroma:x": 1 } }),
    create("text", { metadata: "x" }),
    create("list", { metadata: [1] }),
    create("arrays", { metadata: { a: [1, 2], b: ["x"] } }, ours(ARRAYS, collection({ a: [1, 2], b: ["x"] }, "arrays"))),
  ),
  scenario(
    "changing",
    "new metadata replaces the old one",
    create("things", { metadata: { a: 1, b: 2 } }),
    modify("things", { new_metadata: { c: 3 } }),
    show("things"),
    modify("things", { new_metadata: { c: null, d: 4 } }),
    show("things"),
    modify("things", { new_metadata: null }),
    show("things"),
    modify("things", { new_metadata: {} }),
    modify("things", { new_metadata: { "#a": 1 } }),
    modify("things", { new_metadata: { "": 1 } }),
    modify("things", { new_metadata: { a: { b: 1 } } }),
    modify("things", { new_metadata: { e: 5 }, new_name: "ab" }),
    show("things"),
    modify("things", { new_metadata: { d: null } }),
    show("things"),
    modify("things", {}),
    show("things"),
  ),
  scenario(
    "reserved",
    "the keys under which Chroma keeps documents and uris cannot be written",
    create("things"),
    add("things", { ids: ["a"], embeddings: [[1]], documents: ["text"], metadatas: [{ a: 1 }] }),
    upsert(
      "things",
      { ids: ["b"], embeddings: [[1]], metadatas: [{ "chroma:document": "x" }] },
      refused(
        "documents are no metadata here",
        400,
        "Validation error: metadatas: Invalid metadata at index 0: the key 'chroma:document' is reserved",
      ),
    ),
    get("things", { ids: ["a"] }),
  ),
];
