/** What synchronisation asks of a server, and every quirk that it has to live with. */

import { call, type Call, create, DATABASE, records } from "./calls.js";

const ALL = ["metadatas", "documents", "uris", "embeddings"];
const all = (collection: string, more: object = {}) => records(collection, "get", { include: ALL, ...more });
const idsOf = (collection: string, where: object | string) =>
  records(collection, "get", typeof where === "string" ? `{"include":[],"where":${where}}` : { include: [], where });
const named = (name: string) => call("GET", `${DATABASE}/collections/${name}`);
const NOBODY = `${DATABASE}/collections/00000000-0000-4000-8000-000000000000`;

const system: Call[] = [
  ...["/heartbeat", "/version", "/pre-flight-checks", "/auth/identity", "/healthcheck", "/nope"].map((path) => call("GET", path)),
  call("POST", "/heartbeat"),
  call("GET", "/tenants/default_tenant"),
  call("GET", "/tenants/nobody"),
  call("POST", "/tenants", { name: "ten" }),
  call("POST", "/tenants", { name: "ten" }),
  call("POST", "/tenants", { name: "te" }),
  call("POST", "/tenants/ten/databases", { name: "data" }),
  call("POST", "/tenants/ten/databases", { name: "data" }),
  call("POST", "/tenants/ten/databases", { name: "d" }),
  call("GET", "/tenants/ten/databases/data"),
  call("GET", "/tenants/ten/databases/none"),
  call("GET", "/tenants/ten/databases"),
  call("GET", "/tenants/ten/databases/none/collections"),
  call("POST", "/tenants/ten/databases/none/collections", { name: "abc" }),
];

const collections: Call[] = [
  create("first", { metadata: { i: 1, b: true, s: "x" } }),
  call("POST", `${DATABASE}/collections`, '{"name":"floats","metadata":{"f":1.0,"big":9007199254740993}}'),
  create("first"),
  create("first", { get_or_create: true, metadata: { other: 1 } }),
  create("ab"),
  create("none", { metadata: {} }),
  create("none", { metadata: { "#a": 1 } }),
  create("none", { metadata: { a: null } }),
  create("none", { metadata: { a: [1] } }),
  create("cosine", { configuration: { hnsw: { space: "cosine", ef_search: 50 } } }),
  create("none", { configuration: { hnsw: { space: "none" } } }),
  create("product", { configuration: { spann: { space: "ip" }, embedding_function: { type: "legacy" } } }),
  call("PUT", `${DATABASE}/collections/<product>`, { new_configuration: { hnsw: { max_neighbors: 8 } } }),
  named("product"),
  named("first"),
  named("none"),
  named("<first>"),
  call("GET", `${DATABASE}/collections/by-id/<first>`),
  call("GET", `${DATABASE}/collections/by-id/none`),
  call("GET", `${DATABASE}/collections`),
  call("GET", `${DATABASE}/collections?limit=0`),
  call("GET", `${DATABASE}/collections?limit=-1`),
  call("GET", `${DATABASE}/collections_count`),
  call("PUT", `${DATABASE}/collections/<first>`, { new_name: "renamed" }),
  call("PUT", `${DATABASE}/collections/<first>`, { new_name: "floats", new_metadata: { lost: 1 } }),
  call("PUT", `${DATABASE}/collections/<first>`, { new_name: "x" }),
  call("PUT", `${DATABASE}/collections/<first>`, '{"new_metadata":{"only":2.0,"gone":null},"new_configuration":{"hnsw":{"ef_search":7}}}'),
  named("renamed"),
  call("PUT", `${DATABASE}/collections/<first>`, { new_metadata: {} }),
  call("PUT", `${DATABASE}/collections/<first>`, { new_metadata: { only: null } }),
  call("PUT", `${DATABASE}/collections/<first>`, {}),
  named("renamed"),
  call("PUT", NOBODY, { new_name: "abc" }),
  call("PUT", `${DATABASE}/collections/renamed`, { new_name: "abc" }),
  call("DELETE", `${DATABASE}/collections/none`),
];

/** A collection that is made again has another id, and the one before is gone. */
const recreated: Call[] = [
  create("phoenix"),
  records("phoenix", "add", { ids: ["a"], embeddings: [[1]] }),
  call("DELETE", `${DATABASE}/collections/phoenix`),
  create("phoenix"),
  records("old phoenix", "get"),
  records("old phoenix", "upsert", { ids: ["a"], embeddings: [[1]] }),
  call("GET", `${DATABASE}/collections/<old phoenix>/count`),
  call("GET", `${DATABASE}/collections/<phoenix>/count`),
];

const writes: Call[] = [
  create("things"),
  records("things", "get"),
  records("things", "add", {
    ids: ["a", "b", "c", "d"],
    embeddings: [[1, 2], [3, 4], [0.1, -0.5], [1e-7, 3e38]],
    documents: ["one", null, "three", null],
    metadatas: [{ k: 1 }, null, {}, { k: "x" }],
    uris: ["u:a", null, null, null],
  }),
  all("things"),
  named("things"),
  records("things", "add", { ids: ["a", "e"], embeddings: [[9, 9], [5, 5]], documents: ["ignored", "five"] }),
  records("things", "add", { ids: ["f", "f"], embeddings: [[1, 1], [2, 2]], metadatas: [{ n: 1 }, { m: 2 }] }),
  records("things", "upsert", { ids: ["g", "g"], embeddings: [[1, 1], [2, 2]], metadatas: [{ n: 1 }, { m: 2 }] }),
  all("things"),
  // What is not mentioned stays; null deletes a key, but neither documents nor vectors; an empty list deletes as well.
  records("things", "upsert", {
    ids: ["a", "b", "h"],
    embeddings: [[7, 7], [8, 8], [9, 9]],
    documents: [null, "two", "eight"],
    metadatas: [{ k: null, l: [1, 2] }, { z: true }, { k: null }],
  }),
  records("things", "update", { ids: ["a", "none", "c"], metadatas: [{ l: [], x: "s" }, { k: 1 }, null], documents: [null, "none", ""] }),
  all("things"),
  records("things", "update", { ids: ["a"], metadatas: [{ x: null }] }),
  records("things", "update", { ids: ["h"], embeddings: [null], metadatas: [{ __proto__: null, constructor: 1 }] }),
  records("things", "update", '{"ids":["h"],"metadatas":[{"__proto__":3,"toString":"x"}]}'),
  records("things", "update", { ids: ["b", "b"], metadatas: [{ z: 1 }, { z: ["s"] }] }),
  all("things"),
  records("things", "update", { ids: ["b"], metadatas: [{ "chroma:hidden": 1 }] }),
  records("things", "update", { ids: ["b"], metadatas: [{ z: null }] }),
  all("things", { ids: ["a", "b"] }),
  records("things", "update", { ids: ["b"], metadatas: [{ k: 1 }, { k: 2 }] }),
  records("things", "update", { ids: [], metadatas: [] }),
  records("things", "add", { ids: [], embeddings: [] }),
  // A dimension comes with a write that fails.
  create("fixed"),
  records("fixed", "add", { ids: ["x", "y"], embeddings: [[1, 2, 3]] }),
  named("fixed"),
  records("fixed", "add", { ids: ["x"], embeddings: [[1, 2]] }),
];

const VALUES = [
  ...["1", "1.0", "-0", "-0.0", "1e3", "1e15", "1e16", "1e-6", "0.1", "5e-324", "0.30000000000000004"],
  ...["9007199254740993", "-9223372036854775808", "9223372036854775808", "123456789012345678901234567890"],
  ...['"1"', '"\\u0000\\ud83d\\ude00"', '"__proto__"', "true"],
  ...["[1,2]", "[1,2.5]", "[1.0]", "[true,false]", '["a","a"]', "[9007199254740993]"],
];
const NO_VALUES = ["{}", "[null]", '[1,"a"]', "[[1]]", "1e400", "01", "[true,1]", '{"x":1}'];
const values: Call[] = [...VALUES, ...NO_VALUES].flatMap((value) => [
  records("things", "upsert", `{"ids":["v"],"embeddings":[[1,2]],"metadatas":[{"v":${value}}]}`),
  all("things", { ids: ["v"] }),
]);

/** Nothing of a batch with a fault is kept. */
const refusedRows = (kind: string): Call[] =>
  [
    { ids: ["n", ""], embeddings: [[1, 2], [1, 2]] },
    { ids: ["n", "o"], embeddings: [[1, 2], [1, 2, 3]] },
    { ids: ["n"], embeddings: [[1, 2, 3]] },
    { ids: ["n"], embeddings: [[]] },
    { ids: ["n", "o"], embeddings: [[1, 2]] },
    { ids: ["n"], embeddings: [[1, 2]], documents: [] },
    { ids: ["n", 1], embeddings: [[1, 2], [1, 2]] },
    { ids: ["n", "o"], embeddings: [[1, 2], [1, 2]], metadatas: [{ a: 1 }, { $a: 1 }] },
    { ids: ["n", "o"], embeddings: [[1, 2], [1, 2]], metadatas: [{ a: 1 }, { "": 1 }] },
    { ids: ["n", "o"], embeddings: [[1, 2], [1, 2]], metadatas: [{ a: 1 }, { a: { b: 1 } }] },
    { ids: ["n", "o"], embeddings: [[1, 2], [1, 2]], metadatas: [{ a: 1 }, { a: { indices: [1], values: [1] } }] },
    { ids: ["n", "o"], embeddings: [[1, 2], ["a", "b"]] },
    { ids: ["n", "o"], embeddings: [[1, 2], "AACAPwAAgD8="] },
    { ids: ["n"], embeddings: ["!!!"] },
    { ids: ["n"], embeddings: ["YWJj"] },
    { ids: ["n"], embeddings: ["AADAfwAAgD8="] },
    { ids: ["n"], embeddings: [[1e39, 1]] },
    { ids: "n", embeddings: [[1, 2]] },
    { ids: ["n"], embeddings: null },
    { ids: ["n"] },
    {},
  ].map((body) => records("things", kind, body));
const NO_BODIES = [
  ...["", "{", "[]", '{"ids":["n"],"embeddings":[[NaN,1]]}', '{"ids":["n"],"embeddings":[[1,2]]} x'],
  '{"ids":["\\ud800"],"embeddings":[[1,2]]}',
];
const refusals: Call[] = [
  ...["add", "upsert", "update"].flatMap(refusedRows),
  records("things", "add", { ids: ["n"], embeddings: [[1, 2]], metadatas: [{ a: null }] }),
  ...NO_BODIES.map((body) => records("things", "add", body)),
  call("POST", `${NOBODY}/add`, { ids: [""], embeddings: [[]] }),
  call("POST", `${NOBODY}/add`, { ids: [""] }),
  call("POST", `${NOBODY}/get`, {}),
  call("GET", `${NOBODY}/count`),
  call("POST", `${DATABASE}/collections/things/get`, { where: {} }),
  all("things"),
];

const reads: Call[] = [
  all("things", { ids: ["g", "a", "g", "none"] }),
  all("things", { limit: 2, offset: 1 }),
  ...[{ limit: 0 }, { offset: 100 }, { ids: [] }, { ids: null, limit: 1 }].map((body) => records("things", "get", body)),
  ...[-1, 1.5, 4294967296].map((limit) => records("things", "get", { limit })),
  ...[["distances"], ["uris"], ["none"], null].map((include) => records("things", "get", { include, limit: 1 })),
  // An upsert keeps the place, what is deleted and added goes to the end.
  records("things", "upsert", { ids: ["b"], embeddings: [[0, 0]] }),
  records("things", "delete", { ids: ["a", "none", "none"] }),
  records("things", "add", { ids: ["a"], embeddings: [[1, 1]] }),
  all("things"),
  records("things", "upsert", { ids: ["p", "q"], embeddings: ["AACAPwAAgD8=", "zczMPQAAgL8="] }),
  all("things", { ids: ["p", "q"] }),
  call("GET", `${DATABASE}/collections/<things>/count`),
  call("GET", `${DATABASE}/collections/<things>/count?read_level=index_only`),
];

/** Deletes between two pages: the second begins too late. */
const TWENTY = Array.from({ length: 20 }, (_, index) => `r${String(index)}`);
const paging: Call[] = [
  create("pages"),
  records("pages", "add", {
    ids: TWENTY,
    embeddings: TWENTY.map(() => [1]),
    metadatas: TWENTY.map((_, index) => ({ n: index, even: index % 2 === 0 })),
  }),
  records("pages", "get", { include: [], limit: 10 }),
  records("pages", "delete", { ids: TWENTY.slice(0, 5) }),
  records("pages", "get", { include: [], limit: 10, offset: 10 }),
  ...[{}, { ids: [] }, { ids: null }, { ids: ["none"] }].map((body) => records("pages", "delete", body)),
  ...[{ ids: ["r5"], limit: 1 }, { where: {} }].map((body) => records("pages", "delete", body)),
  records("pages", "delete", { where: { n: { $gte: 8 } }, limit: 2 }),
  records("pages", "delete", { ids: ["r5", "r6", "none"], where: { even: true } }),
  records("pages", "delete", { ids: [], where: { even: true } }),
  records("pages", "delete", { where: { even: { $ne: true } }, limit: 0 }),
  records("pages", "delete", { where: { nothing: 1 } }),
  records("pages", "get", { include: ["metadatas"] }),
];

const FILTERED = `{"ids":["a","b","c","d","e","g"],"embeddings":[[1],[1],[1],[1],[1],[1]],
  "documents":["Hello World","hello 100%",null,"a_b","",null],
  "metadatas":[{"i":1,"f":1.5,"s":"x","b":true,"m":1},{"i":2,"f":2.0,"s":"Y","b":false,"m":1.5},{"i":-3,"m":"1"},null,
  {"tags":["red","blue"],"nums":[1,2],"big":9007199254740993},{"tags":"red","nums":1,"big":9007199254740992,"i":1700000000123456}]}`;
const FILTERS = [
  '{"i":1}', '{"i":{"$eq":1.0}}', '{"i":1.5}', '{"i":{"$ne":1}}', '{"i":{"$ne":"1"}}', '{"zzz":{"$ne":1}}', '{"i":{"$nin":[1,2]}}',
  '{"i":{"$in":[1.5,2]}}',
  '{"i":{"$gt":1}}', '{"i":{"$gte":1.5}}', '{"i":{"$lt":1.5}}', '{"f":{"$gt":1}}', '{"f":{"$lte":2}}', '{"f":2}', '{"m":{"$gt":1}}',
  '{"m":"1"}', '{"b":true}', '{"b":1}', '{"s":"X"}',
  '{"big":9007199254740993}', '{"big":{"$gt":9007199254740992}}', '{"big":{"$lte":9007199254740992}}',
  '{"big":{"$gte":9007199254740993.0}}', '{"i":{"$gt":1700000000123455}}',
  '{"s":{"$gt":"a"}}', '{"b":{"$lt":true}}', '{"s":{"$in":[]}}', '{"i":{"$in":[1,2.5]}}', '{"i":{"$in":[1,"x"]}}', '{"i":null}',
  '{"i":[1]}', '{"i":{"$gt":0,"$lt":3}}', '{"i":1,"s":"x"}', "{}", "[]",
  '{"$not":{"i":1}}', '{"i":9223372036854775808}', '{"i":{"$gt":1e300}}', '{"i":{"$none":1}}',
  '{"$and":[{"i":{"$gt":0}},{"i":{"$lte":2}}]}', '{"$and":[]}', '{"$or":[]}', '{"$or":[{"i":1},{"$and":[{"i":2},{"b":false}]}]}',
  '{"$and":{"i":1}}', '{"$and":[{"_cid_s":{"$gt":1}},{"_cid_v":{"$ne":1}}]}',
  '{"tags":"red"}', '{"tags":{"$ne":"red"}}', '{"tags":{"$contains":"red"}}', '{"nums":{"$contains":1}}', '{"nums":{"$contains":1.0}}',
  '{"nums":{"$not_contains":1}}', '{"nums":{"$gt":0}}',
  '{"#document":{"$contains":"ello"}}', '{"#document":"x"}', '{"#id":"a"}', '{"chroma:document":"a_b"}', '{"__proto__":{"$ne":1}}',
];
const DOCUMENT_FILTERS = [
  ...["Hello", "%", "_", 1].map((text) => ({ $contains: text })),
  ...[{ $not_contains: "Hello" }, { $regex: "^h" }, {}, { $or: [{ $contains: "H" }, { $regex: "\\d" }] }],
];
const filters: Call[] = [
  create("filtered"),
  records("filtered", "add", FILTERED),
  ...FILTERS.map((where) => idsOf("filtered", where)),
  ...DOCUMENT_FILTERS.map((where_document) => records("filtered", "get", { where_document, include: [] })),
  records("filtered", "get", { where: { i: 1 }, where_document: { $contains: "World" }, ids: ["a", "b"], limit: 1, include: [] }),
];

const refused: Call[] = [
  call("GET", `${DATABASE}/collections/<things>/indexing_status`),
  records("things", "search", { searches: [] }),
  records("things", "fork", { new_name: "forked" }),
  call("GET", `${DATABASE}/collections/<things>/fork_count`),
  records("things", "conditional/get"),
  records("things", "conditional/commit"),
  call("GET", `${DATABASE}/collections/<things>/get`),
  // The tenant and the database of a path with an id are not looked at.
  call("POST", "/tenants/nobody/databases/nothing/collections/<things>/get", { include: [] }),
];

const dropped: Call[] = [
  call("POST", "/tenants/ten/databases/data/collections", { name: "inner" }),
  call("DELETE", "/tenants/ten/databases/data"),
  call("DELETE", "/tenants/ten/databases/data"),
  call("GET", "/tenants/ten/databases/data/collections_count"),
  call("GET", `${DATABASE}/collections/<inner>/count`),
  call("POST", "/reset"),
  call("GET", `${DATABASE}/collections`),
];

/** In this order: each part goes on where the one before ended. */
export const SCRIPT: Call[] = [
  ...[system, collections, recreated, writes, values, refusals],
  ...[reads, paging, filters, refused, dropped],
].flat();

const MANY = Array.from({ length: 32_767 }, (_, index) => `r${String(index)}`);
const limited = (ids: number, more: object = {}) => records("large", "get", { ids: MANY.slice(0, ids), include: [], limit: 1, ...more });

/** Around the number of variables of an SQL statement. */
export const LARGE: Call[] = [
  create("large"),
  records("large", "add", { ids: MANY, embeddings: MANY.map(() => [1]) }),
  records("large", "get", { include: ["metadatas"] }),
  records("large", "get", { include: ["uris"], limit: 32_767 }),
  records("large", "get", { include: ["metadatas"], limit: 32_766 }),
  records("large", "get", { include: ["documents"] }),
  records("large", "get", { include: [], where: { k: { $ne: 1 } } }),
  limited(32_763),
  limited(32_764),
  limited(32_762, { where: { k: "x" } }),
  limited(32_758, { where: { $and: [{ k: "x" }, { k: { $contains: 1 } }] } }),
  limited(32_759, { where: { k: { $gt: 1 } } }),
  limited(32_760, { where: { k: { $gt: 1 } } }),
  limited(0, { ids: null, where: { k: { $in: MANY.slice(0, 32_762) } } }),
  limited(0, { ids: null, where: { k: { $in: MANY.slice(0, 32_763) } } }),
  limited(0, { ids: null, where: { k: { $in: MANY.slice(0, 16_381).map((_, index) => index) } } }),
  records("large", "delete", { ids: MANY.slice(0, 32_761), where: { k: 1 } }),
  records("large", "delete", { ids: MANY }),
  call("GET", `${DATABASE}/collections/<large>/count`),
];
