/** Steps as requests to a server of Chroma's REST API. */

import { Num, ordered, parse, stringify } from "../json.mjs";

/** @typedef {import("../steps.mjs").Request} Request */
/** @typedef {import("../steps.mjs").Outcome} Outcome */
/** @typedef {[method: string, path: string, body?: unknown]} Sent */

/** @param {Request} step */
const databases = ({ tenant = "default_tenant" }) => `/tenants/${tenant}/databases`;

/** @param {Request} step */
const database = (step) => `${databases(step)}/${step.database ?? "default_database"}`;

/** @param {Request} step */
const page = ({ limit, offset }) => {
  const parameters = Object.entries({ limit, offset }).filter(([, value]) => value !== undefined);
  return parameters.length === 0 ? "" : `?${parameters.map(([name, value]) => `${name}=${value}`).join("&")}`;
};

/**
 * What each call sends; `id` is that of the step's collection.
 * @type {Record<string, (step: Request, id: string) => Sent>}
 */
const ROUTES = {
  create_tenant: ({ body }) => ["POST", "/tenants", body],
  get_tenant: ({ name }) => ["GET", `/tenants/${name}`],
  create_database: (step) => ["POST", databases(step), step.body],
  get_database: (step) => ["GET", `${databases(step)}/${step.name}`],
  list_databases: (step) => ["GET", databases(step) + page(step)],
  delete_database: (step) => ["DELETE", `${databases(step)}/${step.name}`],
  create_collection: (step) => ["POST", `${database(step)}/collections`, step.body],
  get_collection: (step) => ["GET", `${database(step)}/collections/${step.name}`],
  get_collection_by_id: (step, id) => ["GET", `${database(step)}/collections/by-id/${id}`],
  get_collection_by_crn: ({ name }) => ["GET", `/collections/${name}`],
  list_collections: (step) => ["GET", `${database(step)}/collections${page(step)}`],
  count_collections: (step) => ["GET", `${database(step)}/collections_count`],
  delete_collection: (step) => ["DELETE", `${database(step)}/collections/${step.name}`],
  modify: (step, id) => ["PUT", `${database(step)}/collections/${id}`, step.body],
  count: (step, id) => [
    "GET",
    `${database(step)}/collections/${id}/count${step.read_level ? `?read_level=${step.read_level}` : ""}`,
  ],
  indexing_status: (step, id) => ["GET", `${database(step)}/collections/${id}/indexing_status`],
};

for (const call of ["add", "update", "upsert", "delete", "get", "query", "search"]) {
  ROUTES[call] = (step, id) => ["POST", `${database(step)}/collections/${id}/${call}`, step.body];
}

/**
 * Runs the steps of one scenario on a server that it empties first.
 * @param {string} url of the server
 * @param {Request[]} steps
 * @returns {Promise<Outcome[]>}
 */
export async function runOnServer(url, steps) {
  await send(url, ["POST", "/reset"]);
  /** @type {Map<string, string>} names of collections by their ids */
  const names = new Map();
  const outcomes = [];
  for (const step of steps) {
    const id = step.id ?? [...names].findLast(([, name]) => name === step.collection)?.[0] ?? "";
    const route = ROUTES[step.call];
    if (!route) {
      throw new Error(`no route is known for ${step.call}`);
    }
    const { status, text } = await send(url, route(step, id));
    if (step.call === "create_collection" && status === 200) {
      const created = parse(text);
      names.set(created.id, created.name);
    }
    outcomes.push(readOutcome(step, status, withoutIds(text, names, step)));
  }
  return outcomes;
}

/**
 * @param {string} url
 * @param {Sent} sent
 */
async function send(url, [method, path, body]) {
  const init = body === undefined ? { method } : { method, body: stringify(body), headers: { "content-type": "application/json" } };
  try {
    const response = await fetch(`${url}/api/v2${path}`, init);
    return { status: response.status, text: await response.text() };
  } catch {
    return { status: 0, text: "" };
  }
}

/**
 * Ids are new in every run: they become the names of their collections, and others nameless.
 * @param {string} text
 * @param {Map<string, string>} names
 * @param {Request} step
 */
function withoutIds(text, names, step) {
  const asked = stringify(step);
  return text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
    const name = names.get(id);
    return name ? `<id of ${name}>` : asked.includes(id) ? id : "<id>";
  });
}

/**
 * @param {Request} step
 * @param {number} status
 * @param {string} text
 * @returns {Outcome}
 */
function readOutcome(step, status, text) {
  if (status === 0) {
    return { error: { status, name: "", message: "the server closed the connection: a panic in its handler" } };
  }
  const body = parse(text);
  if (status < 300) {
    return { answer: ordered(readAnswer(body, step)) };
  }
  // Where in the text of the body a fault lies depends on how the body was written.
  const message = body.message.replace(/ at line \d+ column \d+$/, "");
  return { error: { status, name: body.error, message } };
}

/**
 * The answer without what says nothing about behaviour: how often a collection was compacted, how many cores a machine has.
 * @param {any} answer
 * @param {Request} step
 * @returns {any}
 */
function readAnswer(answer, step) {
  if (Array.isArray(answer)) {
    return answer.map((member) => readAnswer(member, step));
  }
  if (typeof answer !== "object" || answer === null || !("configuration_json" in answer)) {
    return answer;
  }
  const { log_position: _, version: __, schema, ...shown } = answer;
  return step.schema ? { ...shown, schema: withoutThreads(schema) } : shown;
}

/**
 * @param {any} value
 * @returns {any}
 */
function withoutThreads(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Num) {
    return value;
  }
  const members = Object.entries(value).filter(([name]) => name !== "num_threads");
  return Object.fromEntries(members.map(([name, member]) => [name, withoutThreads(member)]));
}
