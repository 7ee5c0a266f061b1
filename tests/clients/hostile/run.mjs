/** Sends every hostile request to a server, and looks whether it still answers and has kept its data. */

import { Reader } from "../outcomes.mjs";
import { bodies } from "./bodies.mjs";
import { send } from "./send.mjs";
import { wire } from "./wire.mjs";

const DATABASE = "/api/v2/tenants/default_tenant/databases/default_database";
const RECORDS = { ids: ["cat", "dog"], embeddings: [[0, 0], [1, 1]], documents: ["a cat", "a dog"], metadatas: [{ legs: 4 }, null] };

/**
 * @param {number} port of a server of this machine that may be reset
 * @returns {Promise<import("../suite.mjs").Outcomes>}
 */
export async function runHostile(port) {
  const reader = new Reader(port);
  const outcomes = new Map();
  await ask(port, "POST", "/api/v2/reset");
  const { id } = await ask(port, "POST", `${DATABASE}/collections`, { name: "things" });
  const collection = `${DATABASE}/collections/${id}`;
  await ask(port, "POST", `${collection}/add`, RECORDS);
  for (const hostile of [...bodies(collection), ...wire(collection)]) {
    outcomes.set(hostile.name, reader.read({ answer: await send(port, hostile) }));
  }
  outcomes.set("afterwards: its data", reader.read({ answer: await ask(port, "POST", `${collection}/get`, { ids: RECORDS.ids, include: ["documents", "embeddings", "metadatas"] }) }));
  outcomes.set("afterwards: what was added", reader.read({ answer: (await ask(port, "POST", `${collection}/get`, { include: [] })).ids }));
  return outcomes;
}

/**
 * @param {number} port
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
async function ask(port, method, path, body) {
  const init = { method, headers: { "content-type": "application/json" }, ...(body !== undefined && { body: JSON.stringify(body) }) };
  return (await fetch(`http://127.0.0.1:${port}${path}`, init)).json();
}
