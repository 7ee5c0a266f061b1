/**
 * What a scenario is made of. See README.md for what the members mean.
 *
 * @typedef {{ status?: number, name: string, message: string }} Refusal
 * @typedef {{ answer: unknown } | { error: Refusal }} Outcome
 * @typedef {Outcome & { because: string }} Other
 * @typedef {{
 *   call: string, collection?: string, id?: string, name?: string, tenant?: string, database?: string,
 *   limit?: number, offset?: number, read_level?: string, body?: any,
 *   order?: "any", schema?: true, arbitrary?: true,
 *   ours?: Other, package?: Other, expected?: string[],
 * }} Request a step without what was recorded; `expected` are the ids that a model finds
 * @typedef {Request & { answer?: unknown, error?: Refusal, client?: Outcome }} Step
 * @typedef {{ name: string, about: string, steps: Request[] }} Draft
 * @typedef {{ about: string, steps: Step[] }} Scenario
 */

/**
 * @param {string} name
 * @param {string} about what it shows
 * @param {...(Request | Request[])} steps
 * @returns {Draft}
 */
export const scenario = (name, about, ...steps) => ({ name, about, steps: steps.flat() });

/**
 * @param {string} call
 * @returns {(collection: string, body?: object, more?: Partial<Request>) => Request}
 */
const record = (call) => (collection, body = {}, more = {}) => ({ call, collection, body, ...more });

export const add = record("add");
export const update = record("update");
export const upsert = record("upsert");
export const remove = record("delete");
export const get = record("get");
export const query = record("query");
export const search = record("search");
export const modify = record("modify");

/**
 * @param {string} name
 * @param {object} [body] beside the name
 * @param {Partial<Request>} [more]
 * @returns {Request}
 */
export const create = (name, body = {}, more = {}) => ({ call: "create_collection", body: { name, ...body }, ...more });

/**
 * @param {string} collection
 * @param {Partial<Request>} [more]
 * @returns {Request}
 */
export const count = (collection, more = {}) => ({ call: "count", collection, ...more });

/**
 * @param {string} name
 * @param {Partial<Request>} [more]
 * @returns {Request}
 */
export const show = (name, more = {}) => ({ call: "get_collection", name, ...more });

/**
 * The ids that a filter finds.
 * @param {string} collection
 * @param {unknown} where
 * @param {Partial<Request>} [more]
 */
export const find = (collection, where, more = {}) => get(collection, { where, include: [] }, more);

/**
 * @param {string} collection
 * @param {unknown} where_document
 * @param {Partial<Request>} [more]
 */
export const findText = (collection, where_document, more = {}) => get(collection, { where_document, include: [] }, more);

/**
 * What the engine answers where Chroma's single node does not.
 * @param {string} because
 * @param {unknown} answer
 * @returns {{ ours: Other }}
 */
export const ours = (because, answer) => ({ ours: { because, answer } });

/**
 * As {@link ours}, where the engine refuses.
 * @param {string} because
 * @param {number} status
 * @param {string} message
 * @returns {{ ours: Other }}
 */
export const refused = (because, status, message) => ({ ours: { because, error: { status, name: errorName(status), message } } });

/**
 * What this package's client makes of a step, where it is not what the official client does.
 * @param {string} because
 * @param {Outcome} outcome
 * @returns {{ package: Other }}
 */
export const packaged = (because, outcome) => ({ package: { because, ...outcome } });

/** @param {number} status */
const errorName = (status) => ({ 400: "InvalidArgumentError", 404: "NotFoundError" })[status] ?? "ChromaError";

/** How a 422 begins; what follows is up to the parser, and not compared. */
export const SHAPE = "Failed to deserialize the JSON body into the target type: …";

/**
 * What a get answers that shows the ids alone.
 * @param {string[]} ids
 */
export const idsOnly = (ids) => ({ ids, embeddings: null, documents: null, uris: null, metadatas: null, include: [] });
