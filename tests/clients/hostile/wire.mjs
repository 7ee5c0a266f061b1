/** Requests that are odd before anybody reads their bodies, and what is no request at all. */

import { gzipSync } from "node:zlib";

import { request } from "./send.mjs";

/** @typedef {import("./send.mjs").Hostile} Hostile */

const EMPTY = "{}";
const MEBIBYTE = 1024 * 1024;

/** @type {(collection: string) => string[]} lines of requests without a body */
const LINES = (collection) => [
  "GET /",
  "GET /api",
  "GET /api/v2/",
  "GET /api/v2//version",
  "GET //api/v2/version",
  "GET /api/v2/version/",
  "GET /api/v2/../v2/version",
  "GET /api/v2/%2e%2e/v2/version",
  "GET /api/v2/%76ersion",
  "GET /api/v3/version",
  "GET /api/v1/heartbeat",
  "POST /api/v1/collections",
  "GET /api/v2/nothing",
  "GET /api/v2/tenants/%",
  "GET /api/v2/tenants/%zz",
  "GET /api/v2/tenants/%ff",
  "GET /api/v2/tenants/%00%00%00",
  "GET /api/v2/tenants/%2e%2e%2f%2e%2e",
  "GET /api/v2/tenants/a%2fb%2fc",
  "GET /api/v2/tenants/..%2f..%2fetc",
  "GET /api/v2/tenants/'%20OR%201=1--",
  `GET /api/v2/tenants/${"a".repeat(8_000)}`,
  `GET /api/v2/${"a/".repeat(4_000)}`,
  "GET /api/v2/version?",
  "GET /api/v2/version?&&=&%zz=%",
  "GET /api/v2/version#part",
  "GET http://elsewhere.example/api/v2/version",
  "GET *",
  "OPTIONS *",
  "OPTIONS /api/v2/version",
  "GET api/v2/version",
  "GET /api/v2/ver sion",
  "GET /api/v2/versi\u00f6n",
  "DELETE /api/v2/version",
  "PATCH /api/v2/heartbeat",
  "PUT /api/v2/tenants",
  "TRACE /api/v2/version",
  "CONNECT localhost:80",
  "get /api/v2/version",
  "FETCH /api/v2/version",
  "HEAD /api/v2/version",
  "HEAD /api/v2/nothing",
  `GET ${collection}`,
  `GET ${collection.toUpperCase()}/count`,
  `GET ${collection}/count/`,
  `GET ${collection}/count?read_level=yesterday`,
  `GET ${collection}/count?read_level=`,
  `POST ${collection}/count`,
  "GET {DB}/collections/not-a-uuid/count",
  "GET {DB}/collections/00000000-0000-4000-8000-000000000000/count",
  "GET {DB}/collections/%7b00000000-0000-4000-8000-000000000000%7d/count",
  "GET {DB}/collections?limit=abc",
  "GET {DB}/collections?limit=-1",
  "GET {DB}/collections?limit=1.5",
  "GET {DB}/collections?limit=99999999999",
  "GET {DB}/collections?offset=%zz",
  "GET {DB}/collections?limit=",
  "GET /api/v2/collections/::",
  "DELETE {DB}/collections/nothing",
  "POST /api/v2/tenants",
];

const TYPES = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  "application/JSON",
  "application/vnd.api+json",
  "application/jsonx",
  "json",
  "*/*",
  ";",
  "application/json, text/plain",
];

/** @type {(collection: string) => [about: string, bytes: Hostile["bytes"], ends?: Hostile["ends"]][]} */
const HEADERS = (collection) => {
  const get = (/** @type {Record<string, string>} */ headers, /** @type {string | Uint8Array} */ body = EMPTY) => request(`POST ${collection}/get`, body, headers);
  return [
    ["no type", get({ "content-type": "" })],
    ["no host", request("GET /api/v2/version", undefined, { host: "" })],
    ["two hosts", request("GET /api/v2/version", undefined, { Host: "other" })],
    ["a negative length", get({ "content-length": "-1" })],
    ["a length that is no number", get({ "content-length": "two" })],
    ["a length with a sign", get({ "content-length": "+2" })],
    ["two lengths", get({ "Content-Length": "3" })],
    ["a length of 2^64", get({ "content-length": "18446744073709551616" })],
    ["a length of 2^53", get({ "content-length": "9007199254740992" })],
    ["a length beyond the limit", get({ "content-length": String(41 * MEBIBYTE) })],
    ["a length that is too long", get({ "content-length": "10" }), "half"],
    ["a length that is too short", get({ "content-length": "1", "connection": "keep-alive" }), "half"],
    ["no length and a body", get({ "content-length": "" })],
    ["length and chunks", get({ "transfer-encoding": "chunked" }, "0\r\n\r\n")],
    ["an unknown coding", get({ "transfer-encoding": "gzip", "content-length": "" })],
    ["chunked, but not at last", get({ "transfer-encoding": "chunked, identity", "content-length": "" }, "2\r\n{}\r\n0\r\n\r\n")],
    ["chunks", get({ "transfer-encoding": "chunked", "content-length": "" }, "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")],
    ["chunks with extensions and a trailer", get({ "transfer-encoding": "chunked", "content-length": "" }, "2;a=b\r\n{}\r\n0\r\nx-more: 1\r\n\r\n")],
    ["a chunk's size is no number", get({ "transfer-encoding": "chunked", "content-length": "" }, "zz\r\n{}\r\n0\r\n\r\n")],
    ["a chunk's size is negative", get({ "transfer-encoding": "chunked", "content-length": "" }, "-2\r\n{}\r\n0\r\n\r\n")],
    ["a chunk's size is huge", get({ "transfer-encoding": "chunked", "content-length": "" }, "ffffffffffffffffff\r\n{}\r\n")],
    ["a chunk is longer than it says", get({ "transfer-encoding": "chunked", "content-length": "" }, "1\r\n{}\r\n0\r\n\r\n")],
    ["no last chunk", get({ "transfer-encoding": "chunked", "content-length": "" }, "2\r\n{}\r\n"), "half"],
    ["an unknown expectation", get({ expect: "a miracle" })],
    ["a body that is said to be compressed", get({ "content-encoding": "gzip" })],
    ["a compressed body", get({ "content-encoding": "gzip" }, gzipSync(EMPTY))],
    ["only compressed answers", request("GET /api/v2/version", undefined, { "accept-encoding": "br;q=1, *;q=0" })],
    ["only pictures as answers", request("GET /api/v2/version", undefined, { accept: "image/png" })],
    ["a name with a blank", request("GET /api/v2/version", undefined, { "bad name": "1" })],
    ["no name", request("GET /api/v2/version", undefined, { "": "1" })],
    ["a null byte", request("GET /api/v2/version", undefined, { "x-null": "a\u0000b" })],
    ["bytes above ASCII", request("GET /api/v2/version", undefined, { "x-high": "\u00e9\u00ff" })],
    ["a header of 100,000 bytes", request("GET /api/v2/version", undefined, { "x-long": "a".repeat(100_000) })],
    ["90 headers", request("GET /api/v2/version", undefined, Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`x-${n}`, "1"])))],
    ["2,500 headers", request("GET /api/v2/version", undefined, Object.fromEntries(Array.from({ length: 2_500 }, (_, n) => [`x-${n}`, "1"])))],
    ["an upgrade", request("GET /api/v2/version", undefined, { "connection": "upgrade", "upgrade": "websocket", "sec-websocket-key": "AAAA", "sec-websocket-version": "13" })],
    ["an empty token", request("GET /api/v2/auth/identity", undefined, { "x-chroma-token": " " })],
    ["a token of 5,000 characters", request("GET /api/v2/auth/identity", undefined, { authorization: `Bearer ${"a".repeat(5_000)}` })],
    ["a token of another kind", request("GET /api/v2/auth/identity", undefined, { authorization: "Basic !!!" })],
    ["a trace that is none", request("GET /api/v2/version", undefined, { traceparent: "00-zz-zz-zz" })],
    ["a body of a GET", request("GET /api/v2/version", EMPTY)],
    ["a body of a DELETE", request(placed("DELETE {DB}/collections/nothing"), "[[[")],
  ];
};

/** @type {(collection: string) => [about: string, bytes: Hostile["bytes"], ends?: Hostile["ends"]][]} */
const SOCKETS = (collection) => {
  const add = request(`POST ${collection}/add`, JSON.stringify({ ids: ["never"], embeddings: [[1, 2]] }));
  const kept = { connection: "keep-alive" };
  const version = request("GET /api/v2/version", undefined, kept);
  const chunk = Buffer.concat([Buffer.from("100000\r\n"), Buffer.alloc(MEBIBYTE, " "), Buffer.from("\r\n")]);
  const chunked = request(`POST ${collection}/get`, "", { "transfer-encoding": "chunked", "content-length": "" });
  return [
    ["nothing", "", "half"],
    ["blank lines", "\r\n\r\n\r\n", "half"],
    ["random bytes", Uint8Array.from({ length: 512 }, (_, n) => (n * 197 + 31) % 256), "half"],
    ["a greeting of TLS", Buffer.from("160301020001fc0303", "hex"), "half"],
    ["a greeting of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "half"],
    ["HTTP/0.9", "GET /api/v2/version\r\n", "half"],
    ["HTTP/1.0", "GET /api/v2/version HTTP/1.0\r\n\r\n"],
    ["HTTP/3.7", "GET /api/v2/version HTTP/3.7\r\nhost: a\r\n\r\n", "half"],
    ["no version", "GET /api/v2/version HTTP/\r\n\r\n", "half"],
    ["lines without a return", "GET /api/v2/version HTTP/1.1\nhost: a\nconnection: close\n\n"],
    ["a folded header", "GET /api/v2/version HTTP/1.1\r\nhost: a\r\nx-folded: a\r\n b\r\nconnection: close\r\n\r\n"],
    ["a header without a colon", "GET /api/v2/version HTTP/1.1\r\nhost: a\r\nnothing\r\nconnection: close\r\n\r\n"],
    ["half a request line", "GET /api/v2/ver", "half"],
    ["half a header", "GET /api/v2/version HTTP/1.1\r\nho", "half"],
    ["two requests at once", Buffer.concat([version, request("GET /api/v2/version")])],
    ["a request and garbage", Buffer.concat([version, Buffer.from("\u0000\u0001garbage\r\n\r\n")]), "half"],
    ["a refused request and a good one", Buffer.concat([request(`POST ${collection}/get`, "{", kept), request("GET /api/v2/version")])],
    ["an unknown path with a body, and a good one", Buffer.concat([request("POST /api/v2/nothing", "{}", kept), request("GET /api/v2/version")])],
    ["a request letter by letter", [..."GET /api/v2/version HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"].flatMap((letter) => [letter, 1])],
    ["a body broken off", add.subarray(0, add.length - 10), "reset"],
    ["a body that ends too early", add.subarray(0, add.length - 10), "half"],
    ["chunks broken off", [chunked, "5\r\n{\"li"], "reset"],
    ["an answer that nobody waits for", request(`POST ${collection}/get`, EMPTY), "reset"],
    ["41 MiB of blanks", request(`POST ${collection}/get`, Buffer.alloc(41 * MEBIBYTE, " "))],
    ["41 MiB in chunks", [chunked, ...Array.from({ length: 41 }, () => chunk), "0\r\n\r\n"]],
  ];
};

/**
 * @param {string} collection its path
 * @returns {Hostile[]}
 */
export const wire = (collection) => [
  ...LINES(collection).map((line) => ({ name: `line: ${named(line, collection)}`, bytes: request(placed(line)) })),
  ...TYPES.map((type) => ({ name: `type: ${type}`, bytes: request(`POST ${collection}/get`, EMPTY, { "content-type": type }) })),
  ...HEADERS(collection).map(([about, bytes, ends]) => ({ name: `header: ${about}`, bytes, ends })),
  ...SOCKETS(collection).map(([about, bytes, ends]) => ({ name: `socket: ${about}`, bytes, ends })),
];

/** @param {string} line */
const placed = (line) => line.replace("{DB}", "/api/v2/tenants/default_tenant/databases/default_database");

/**
 * The line without what is new in every run, and short.
 * @param {string} line
 * @param {string} collection
 */
const named = (line, collection) => {
  const told = line.replace(collection, "{C}").replace(collection.toUpperCase(), "{C in capitals}");
  return told.length > 100 ? `${told.slice(0, 30)}… of ${told.length} characters` : told;
};
