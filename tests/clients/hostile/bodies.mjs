/** Bodies that are no JSON, or are none that a call understands. */

import { request } from "./send.mjs";

/** @typedef {import("./send.mjs").Hostile} Hostile */

const nested = (/** @type {number} */ depth) => "[".repeat(depth) + "]".repeat(depth);
const alternating = (/** @type {number} */ depth) => `${"{\"$and\":[".repeat(depth)}{"a":1}${"]}".repeat(depth)}`;
const base64 = (/** @type {number[]} */ ...numbers) => Buffer.from(new Float32Array(numbers).buffer).toString("base64");

/** @type {Record<string, string | Uint8Array>} what is sent to `get` as it stands */
const SYNTAX = {
  "nothing": "",
  "blanks": " \t\n ",
  "an open brace": "{",
  "a closing brace": "}",
  "an open list": "[",
  "half a word": "nul",
  "a member without a value": '{"ids":}',
  "single quotes": "{'ids':[]}",
  "names without quotes": "{ids:[]}",
  "a comma too many": '{"ids":[],}',
  "a comma too many in a list": '{"ids":["a",]}',
  "two documents": "{}{}",
  "something behind": "{} x",
  "a byte order mark": "\ufeff{}",
  "UTF-16": Buffer.from('{"limit":1}', "utf16le"),
  "no UTF-8": Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  "no UTF-8 in an id": Buffer.concat([Buffer.from('{"ids":["'), Buffer.from([0xc3, 0x28]), Buffer.from('"]}')]),
  "a surrogate without its other": '{"ids":["\\ud800"]}',
  "a control character": '{"ids":["a\u0001b"]}',
  "an escape that is none": '{"ids":["\\x41"]}',
  "a text without its end": '{"ids":["abc',
  "NaN": '{"limit":NaN}',
  "infinity": '{"limit":Infinity}',
  "a hexadecimal number": '{"limit":0x10}',
  "leading zeros": '{"limit":007}',
  "a plus sign": '{"limit":+1}',
  "no digits behind the point": '{"limit":1.}',
  "no digits before the point": '{"limit":.5}',
  "a comment": '{"limit":1/*one*/}',
  "a null byte": '{"limit":1}\u0000',
  "a text": '"abc"',
  "null": "null",
  "true": "true",
  "a number": "1",
  "a list": "[]",
  "a list of a get's members": '[null,null,null,1,0,["documents"]]',
  "a depth of 100": `{"where":${nested(100)}}`,
  "a depth of 127": nested(127),
  "a depth of 128": nested(128),
  "a depth of 100,000": nested(100_000),
  "100,000 open lists": "[".repeat(100_000),
  "100,000 open objects": '{"a":'.repeat(100_000),
  "a filter of 50 storeys": `{"where":${alternating(50)}}`,
  "a filter of 5,000 storeys": `{"where":${alternating(5_000)}}`,
  "a member twice": '{"limit":1,"limit":2}',
  "members of another world": '{"__proto__":{"limit":1},"constructor":1,"limit":1}',
  "a name of a megabyte": `{"${"a".repeat(1_000_000)}":1,"limit":1}`,
  "no name": '{"":1,"limit":1}',
  "10,000 members": `{${Array.from({ length: 10_000 }, (_, n) => `"m${n}":${n}`).join(",")},"limit":1}`,
};

/** @type {[call: string, body: unknown][]} what is JSON, and still no request */
const SHAPES = [
  ...[1, "a", true, { a: 1 }, null, [1], [null], [["a"]]].map((ids) => /** @type {[string, unknown]} */ (["add", { ids, embeddings: [[1, 2]] }])),
  ...[1, "a", true, { a: 1 }, null, [1, 2], [null], [["a"]], [[null]], [[[1, 2]]], [[1, "2"]], [{ 0: 1 }], [true], [[1, 2], base64(1, 2)]].map(
    (embeddings) => /** @type {[string, unknown]} */ (["add", { ids: ["x"], embeddings }]),
  ),
  ...[1, "a", {}, [1], ["a"], [{ a: {} }], [{ a: [[]] }], [{ a: [1, "b"] }], [{ a: null }], [{ a: { "#type": "sparse_vector" } }]].map(
    (metadatas) => /** @type {[string, unknown]} */ (["add", { ids: ["x"], embeddings: [[1, 2]], metadatas }]),
  ),
  ["add", { ids: ["x"], embeddings: [[1, 2]], documents: [1] }],
  ["add", { ids: ["x"], embeddings: [[1, 2]], documents: "a" }],
  ["add", { ids: ["x"], embeddings: [[1, 2]], uris: [{}] }],
  ["add", { ids: ["x", "y"], embeddings: [[1, 2]] }],
  ["add", { ids: ["x"], embeddings: [[1, 2, 3]] }],
  ["add", { ids: ["x"], embeddings: [[]] }],
  ["add", { ids: [""], embeddings: [[1, 2]] }],
  ...["documents", null, 1, ["colours"], [1], [null], ["Documents"]].map((include) => /** @type {[string, unknown]} */ (["get", { include }])),
  ...["1", -1, 1.5, true, [], 4_294_967_295, 4_294_967_296].map((limit) => /** @type {[string, unknown]} */ (["get", { limit }])),
  ...["1", -1, 1.5].map((offset) => /** @type {[string, unknown]} */ (["get", { offset }])),
  ...["a", 1, [], [{ a: 1 }], { a: { b: 1 } }, { $and: {} }, { $and: [1] }, { $not: { a: 1 } }, { a: [1] }, { "": 1 }].map(
    (where) => /** @type {[string, unknown]} */ (["get", { where }]),
  ),
  ...["a", 1, [], { $contains: null }, { $like: "a" }, { $regex: "(" }, { $regex: "(a{1000}){1000}" }].map(
    (where_document) => /** @type {[string, unknown]} */ (["get", { where_document }]),
  ),
  ["query", {}],
  ["query", { query_embeddings: [base64(1, 2)] }],
  ["query", { query_embeddings: [1, 2] }],
  ["query", { query_embeddings: [[1, 2, 3]] }],
  ["query", { query_embeddings: [[1, 2]], n_results: -1 }],
  ["query", { query_embeddings: [[1, 2]], n_results: "many" }],
  ["query", { query_embeddings: [[1, 2]], n_results: 4_294_967_295 }],
  ["delete", { ids: [] }],
  ["delete", { limit: 1 }],
  ["delete", { where: { a: { $near: 1 } } }],
  ["search", {}],
  ["search", { searches: {} }],
  ["search", { searches: [{ rank: { $knn: { query: "text" } } }] }],
  ["update", { ids: ["x"], embeddings: [base64(1, 2), null] }],
  ["upsert", { ids: ["x"], embeddings: null }],
];

/** @type {[about: string, body: string][]} numbers that JSON allows and few types hold, as they are written */
const NUMBERS = [
  ...["1e400", "-1e400", "1e39", "1e-400", "9".repeat(400), "0.".padEnd(5_000, "1")].map((number) => /** @type {[string, string]} */ ([
    `component ${number.length > 20 ? `of ${number.length} characters` : number}`,
    `{"ids":["big"],"embeddings":[[1,${number}]]}`,
  ])),
  ...["9223372036854775808", "18446744073709551616", "-9223372036854775809", "1e309", "9".repeat(400)].map((number) => /** @type {[string, string]} */ ([
    `metadata ${number.length > 20 ? `of ${number.length} characters` : number}`,
    `{"ids":["cat"],"embeddings":[[0,0]],"metadatas":[{"n":${number}}]}`,
  ])),
];

/** @type {Record<string, string>} */
const BASE64 = {
  "characters that are none": "!!!!",
  "no padding": "AACAPw",
  "too much padding": "AACAPw===",
  "letters of URLs": "__-_fw==",
  "three bytes": "AAAA",
  "no bytes": "",
  "blanks": "AACA PwAAgD8=",
  "another dimension": base64(1, 2, 3),
  "no number": base64(1, Number.NaN),
  "infinity": base64(Number.NEGATIVE_INFINITY, 1),
  "what is behind the end is no zero": "AACAPwAAgD9=",
};

/**
 * @param {string} collection its path
 * @returns {Hostile[]}
 */
export const bodies = (collection) => [
  ...Object.entries(SYNTAX).map(([about, body]) => ({ name: `JSON: ${about}`, bytes: request(`POST ${collection}/get`, body) })),
  ...SHAPES.map(([call, body]) => ({ name: `shape: ${call} ${JSON.stringify(body)}`, bytes: request(`POST ${collection}/${call}`, JSON.stringify(body)) })),
  ...NUMBERS.map(([about, body]) => ({ name: `number: ${about}`, bytes: request(`POST ${collection}/add`, body) })),
  ...Object.entries(BASE64).map(([about, text]) => ({
    name: `base64: ${about}`,
    bytes: request(`POST ${collection}/add`, JSON.stringify({ ids: ["x"], embeddings: [text] })),
  })),
];
