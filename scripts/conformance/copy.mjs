/** Collections of a Chroma server copied to a directory and back by `chromatid copy`: what comes back is what was there. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";

import { ordered, parse, stringify } from "../../tests/conformance/json.mjs";
import { duration, say } from "../lib/log.mjs";
import { run } from "../lib/run.mjs";

const PROGRAM = ["node", "pkg/dist/cli/main.js"];
const BACK = "copied_back";

/** More than a batch of Chroma. */
const MANY = 6000;
const DIMENSION = 384;

/** Bodies that create collections; numbers are as they stand here. */
const COLLECTIONS = [
  '{"name":"plain"}',
  '{"name":"described","metadata":{"large":9007199254740993,"float":1.0,"flag":true,"text":"\\"]}"}}',
  '{"name":"configured","configuration":{"hnsw":{"space":"cosine","ef_construction":77,"max_neighbors":9},"embedding_function":{"type":"known","name":"openai","config":{"model":"x","api_key_env_var":"KEY"}}}}',
  '{"name":"legacy","metadata":{"hnsw:space":"ip","hnsw:M":20}}',
  '{"name":"untuned","metadata":{"hnsw:space":"l2"}}',
];

const RECORDS = String.raw`{
  "ids": ["a", "ä☃🎉", "q\"uo\\te]}", "none"],
  "embeddings": [[0.1, -2.5e-7, 16777217], [1, 0, 0], [0, 1e15, 0], [1e-45, 0, 1]],
  "documents": ["a [\"document\"], {quoted} \\ and \n broken", "", null, "𝒳 \u2028 ]}"],
  "uris": ["https://example.com/?q=\"[1]\"", null, null, null],
  "metadatas": [
    {"large": 9007199254740993, "least": -9223372036854775808, "most": 9223372036854775807, "float": 1.0, "tiny": 5e-324, "big": 1e300},
    {"yes": true, "no": false, "text": "]}\"\\", "empty": "", "ключ ☃": "значение"},
    {"floats": [1.0, 2.5], "integers": [9007199254740993, 1], "texts": ["a\"]", ""], "flags": [true, false]},
    null
  ]
}`;

/**
 * @param {string} url of a Chroma server, which is emptied
 * @returns {Promise<string[]>} differences
 */
export async function copyThereAndBack(url) {
  const directory = mkdtempSync(path.join(tmpdir(), "chromatid-copy-"));
  try {
    await fill(url);
    const there = await copied(url, path.join(directory, "store"));
    const back = await copied(path.join(directory, "store"), url, "--target-database", BACK);
    const differences = [...there, ...back, ...(await compared(url)), ...(await refused(url, path.join(directory, "refused")))];
    differences.forEach(say);
    return differences;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {string} url */
async function fill(url) {
  await send(url, "POST", "/reset");
  for (const body of COLLECTIONS) {
    await addTo(url, body, RECORDS);
  }
  // Of its own is an index that is off.
  const { schema } = await collection(url, "plain");
  schema.defaults.string.string_inverted_index.enabled = false;
  await addTo(url, stringify({ name: "indexed", schema }), RECORDS);
  await send(url, "POST", collectionsOf(), '{"name":"empty"}');
  const many = await send(url, "POST", collectionsOf(), '{"name":"many"}');
  for (let start = 0; start < MANY; start += 1000) {
    const numbers = Array.from({ length: 1000 }, (_, n) => start + n);
    const embeddings = numbers.map((n) => Array.from({ length: DIMENSION }, (_, k) => Math.sin(n * DIMENSION + k)));
    const body = { ids: numbers.map(String), embeddings, metadatas: numbers.map((n) => ({ n })), documents: numbers.map((n) => `document ${n}`) };
    await send(url, "POST", `${collectionsOf()}/${many.id}/add`, stringify(body));
  }
}

/**
 * @param {string} source
 * @param {string} target
 * @param {string[]} options
 */
async function copied(source, target, ...options) {
  const started = Date.now();
  const { code, output } = await run([...PROGRAM, "copy", source, target, ...options], { quiet: true });
  say(`${source.startsWith("http") ? "from" : "to"} Chroma: ${MANY} records of ${DIMENSION} numbers and a few more in ${duration(Date.now() - started)}`);
  return code === 0 ? [] : [`≠ copy ${source} ${target}: ${output.trim()}`];
}

/** @param {string} url */
async function compared(url) {
  const differences = [];
  for (const { name } of await send(url, "GET", collectionsOf())) {
    const [was, is] = [await content(url, name, "default_database"), await content(url, name, BACK)];
    for (const part of /** @type {const} */ (["about", "records"])) {
      if (!isDeepStrictEqual(was[part], is[part])) {
        differences.push(`≠ ${name}: ${stringify(was[part]).slice(0, 300)} came back as ${stringify(is[part]).slice(0, 300)}`);
      }
    }
  }
  return differences;
}

/**
 * What Chroma's single node does not take is told, not left out.
 * @param {string} url
 * @param {string} directory
 */
async function refused(url, directory) {
  const differences = [];
  await storeSparse(directory);
  differences.push(...(await told([directory, url], "Sparse vector is not supported for local chroma")));
  // It divides vectors of this space by their length, which overflows.
  await send(url, "POST", "/tenants/default_tenant/databases", '{"name":"infinite"}');
  const { id } = await send(url, "POST", collectionsOf("infinite"), '{"name":"infinite","configuration":{"hnsw":{"space":"cosine"}}}');
  await send(url, "POST", `${collectionsOf("infinite")}/${id}/add`, '{"ids":["long"],"embeddings":[[3.4028234e38,0]]}');
  differences.push(...(await told([url, directory, "--source-database", "infinite"], "The record 'long' has no finite vector")));
  return differences;
}

/**
 * A copy that has to end with a message.
 * @param {string[]} args
 * @param {string} message
 */
async function told(args, message) {
  const { code, output } = await run([...PROGRAM, "copy", ...args], { quiet: true });
  return code === 1 && output.includes(message) ? [] : [`≠ copy ${args.join(" ")}: exit code ${code}, ${output.trim()}`];
}

/** @param {string} directory */
async function storeSparse(directory) {
  const { createHandler } = await import("chromatid/server");
  const { NodeDirectory } = await import("chromatid/node");
  const handler = createHandler({ storage: new NodeDirectory(directory), insecure: true });
  const ask = async (/** @type {string} */ route, /** @type {string} */ body) => {
    const request = new Request(`http://localhost/api/v2${route}`, { method: "POST", body, headers: { "content-type": "application/json" } });
    return parse(await (await handler(request)).text());
  };
  const { id } = await ask(collectionsOf(), '{"name":"sparse"}');
  await ask(`${collectionsOf()}/${id}/add`, '{"ids":["a"],"embeddings":[[1]],"metadatas":[{"words":{"#type":"sparse_vector","indices":[1],"values":[1]}}]}');
  await handler.close();
}

/**
 * @param {string} url
 * @param {string} created body
 * @param {string} records body
 */
async function addTo(url, created, records) {
  const { id } = await send(url, "POST", collectionsOf(), created);
  await send(url, "POST", `${collectionsOf()}/${id}/add`, records);
}

const collectionsOf = (database = "default_database") => `/tenants/default_tenant/databases/${database}/collections`;

/**
 * @param {string} url
 * @param {string} name
 * @param {string} [database]
 */
const collection = (url, name, database) => send(url, "GET", `${collectionsOf(database)}/${name}`);

/**
 * @param {string} url
 * @param {string} name
 * @param {string} database
 */
async function content(url, name, database) {
  const { id, database: _, ...about } = await collection(url, name, database);
  const records = await send(url, "POST", `${collectionsOf(database)}/${id}/get`, '{"include":["embeddings","documents","metadatas","uris"]}');
  return { about: ordered(about), records: ordered(records) };
}

/**
 * @param {string} url
 * @param {string} method
 * @param {string} route
 * @param {string} [body] JSON
 * @returns {Promise<any>}
 */
async function send(url, method, route, body) {
  const response = await fetch(`${url}/api/v2${route}`, { method, body, headers: { "content-type": "application/json" } });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${route} was answered ${response.status}: ${text}`);
  }
  return parse(text);
}
