/**
 * Steps as calls of the `chromadb` client's API: of the official client, whose errors are recorded, and of this package.
 * Runs in Node and in pages.
 */

import { plain } from "../json.mjs";

/** @typedef {import("../steps.mjs").Request} Request */
/** @typedef {{ name: string, message: string, engine?: import("../steps.mjs").Refusal }} Thrown with what the engine said, where it did */
/** @typedef {{ answer: any } | { error: Thrown } | { cannot: string }} ClientOutcome */
/**
 * @typedef {object} Library what a package exports, and how its clients are made
 * @property {(place: { tenant?: string, database?: string }) => any} connect
 * @property {any} Schema
 */
/** @typedef {{ library: Library, client: any, collections: Map<string, any>, names: Map<string, string> }} World */

export const NO_COLLECTION = "its collection could not be created";

/** What a client's API has no words for. */
class Cannot extends Error {}

/**
 * Runs the steps of one scenario on an empty database.
 * @param {Library} library
 * @param {Request[]} steps
 * @returns {Promise<ClientOutcome[]>}
 */
export async function runOnClient(library, steps) {
  /** @type {Map<string, any>} */
  const collections = new Map();
  /** @type {Map<string, string>} names of collections by their ids */
  const names = new Map();
  const outcomes = [];
  for (const step of steps) {
    const { tenant, database } = step;
    const client = library.connect({ ...(tenant && { tenant }), ...(database && { database }) });
    outcomes.push(await runStep(step, { library, client, collections, names }));
  }
  return outcomes;
}

/**
 * @param {Request} step
 * @param {World} world
 * @returns {Promise<ClientOutcome>}
 */
async function runStep(step, world) {
  const call = CALLS[step.call];
  if (!call) {
    return { cannot: "it is a call of the admin client" };
  }
  try {
    const answer = await call(world, step, /** @type {any} */ (plain(step.body)) ?? {});
    return { answer: answer === undefined ? {} : answer };
  } catch (error) {
    return error instanceof Cannot ? { cannot: error.message } : { error: readError(error, world.names) };
  }
}

/** @type {Record<string, (world: World, step: Request, body: any) => unknown>} */
const CALLS = {
  async create_collection(world, _step, { name, metadata, configuration, schema, get_or_create: getOrCreate }) {
    refuseFunctions(configuration);
    const given = { name, metadata: metadata ?? undefined, configuration: configuration ?? undefined, embeddingFunction: null };
    const parsed = schema ? await world.library.Schema.deserializeFromJSON(schema, world.client) : undefined;
    const method = getOrCreate ? "getOrCreateCollection" : "createCollection";
    const created = await world.client[method]({ ...given, schema: parsed });
    world.collections.set(created.name, created);
    world.names.set(created.id, created.name);
    return showCollection(world, created);
  },
  get_collection: async (world, { name }) => showCollection(world, await world.client.getCollection({ name })),
  get_collection_by_id: async (world, step) => showCollection(world, await world.client.getCollectionById(step.id ?? handle(world, step).id)),
  get_collection_by_crn: async (world, { name }) => showCollection(world, await world.client.getCollectionByCrn(name)),
  async list_collections(world, { limit, offset }) {
    const listed = await world.client.listCollections({ limit, offset });
    return listed.map((/** @type {any} */ collection) => showCollection(world, collection));
  },
  count_collections: ({ client }) => client.countCollections(),
  delete_collection: ({ client }, { name }) => client.deleteCollection({ name }),
  modify(world, step, { new_name: name, new_metadata: metadata, new_configuration: configuration }) {
    refuseFunctions(configuration);
    return handle(world, step).modify(withoutNull({ name, metadata, configuration }));
  },
  add: (world, step, body) => write(handle(world, step), "add", body),
  update: (world, step, body) => write(handle(world, step), "update", body),
  upsert: (world, step, body) => write(handle(world, step), "upsert", body),
  delete: (world, step, body) => handle(world, step).delete({ ...filter(body), ...withoutNull({ limit: body.limit }) }),
  async get(world, step, body) {
    const { limit, offset, include } = body;
    return showColumns(await handle(world, step).get({ ...filter(body), ...given({ limit, offset, include }) }));
  },
  async query(world, step, body) {
    const { query_embeddings: queryEmbeddings, n_results: nResults, include } = body;
    refuseOddVectors(queryEmbeddings);
    const found = await handle(world, step).query({ ...filter(body), ...given({ queryEmbeddings, nResults, include }) });
    const distances = found.distances.map((/** @type {number[]} */ row) => row.map((distance) => (Number.isFinite(distance) ? distance : null)));
    return { ...showColumns(found), distances: found.include.includes("distances") ? distances : null };
  },
  async search(world, step, { searches, read_level: readLevel }) {
    if (!Array.isArray(searches)) {
      throw new Cannot("searches are a list");
    }
    searches.forEach(refuseShorthands);
    const parts = searches.map(({ filter, rank, group_by, limit, select }) => withoutNull({ where: filter, rank, groupBy: group_by, limit, select }));
    const { ids, documents, embeddings, metadatas, scores, select } = await handle(world, step).search(parts, { readLevel });
    return { ids, documents, embeddings, metadatas: metadatas.map((/** @type {any} */ rows) => rows?.map(showMetadata) ?? null), scores, select };
  },
  count: (world, step) => handle(world, step).count(given({ readLevel: step.read_level })),
  indexing_status: (world, step) => handle(world, step).getIndexingStatus(),
};

/**
 * The collection of a step.
 * @param {World} world
 * @param {Request} step
 */
function handle({ client, collections }, { id, collection = "", tenant, database }) {
  const known = collections.get(collection);
  if (id !== undefined) {
    return client.collection(id);
  }
  if (!known) {
    throw new Cannot(NO_COLLECTION);
  }
  return tenant || database ? client.collection(known.id) : known;
}

/** @param {any} configuration */
function refuseFunctions(configuration) {
  if (configuration?.embedding_function !== undefined) {
    throw new Cannot("it gives functions, not what is stored of them");
  }
}

/**
 * The builders of searches take shorter forms that a server does not.
 * @param {any} search
 */
function refuseShorthands({ rank, limit, select }) {
  const isShort = [rank, limit].some((part) => typeof part === "number") || Array.isArray(select) || typeof select?.keys === "string";
  if (isShort) {
    throw new Cannot("it is a short form of its builders");
  }
}

/**
 * Vectors hold numbers: the types of a client allow nothing else.
 * @param {any} vectors
 */
function refuseOddVectors(vectors) {
  const isOdd = (/** @type {any} */ row) => typeof row === "string" || (Array.isArray(row) && row.some((component) => typeof component !== "number"));
  if (Array.isArray(vectors) && vectors.some(isOdd)) {
    throw new Cannot("its vectors are of numbers");
  }
}

/**
 * @param {any} column
 * @param {string} type of its entries, which may be null
 */
function refuseOddEntries(column, type) {
  if (Array.isArray(column) && column.some((entry) => entry !== null && typeof entry !== type)) {
    throw new Cannot("its types allow no such entries");
  }
}

/**
 * Absent members are not mentioned: a client tells `undefined` from nothing.
 * @param {Record<string, unknown>} members
 */
const given = (members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** @param {Record<string, unknown>} members */
const withoutNull = (members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value != null));

/** @param {any} body */
const filter = ({ ids, where, where_document: whereDocument }) => withoutNull({ ids, where, whereDocument });

/**
 * Clients take no null in a column: what differs in its columns is written record by record.
 * @param {any} collection
 * @param {"add" | "update" | "upsert"} method
 * @param {any} body
 */
async function write(collection, method, { ids, embeddings, documents, metadatas, uris }) {
  refuseOddVectors(embeddings);
  refuseOddEntries(documents, "string");
  refuseOddEntries(uris, "string");
  refuseOddEntries(metadatas, "object");
  const columns = withoutNull({ ids, embeddings, documents, metadatas, uris });
  for (const part of hasGaps(columns) ? byRecord(columns) : [columns]) {
    await collection[method](part);
  }
}

/** @param {Record<string, any>} columns */
function hasGaps({ ids, embeddings, ...columns }) {
  const all = Object.values(embeddings ? { embeddings, ...columns } : columns);
  const even = Array.isArray(ids) && all.every((column) => Array.isArray(column) && column.length === ids.length);
  return even && Object.values(columns).some((column) => column.some(isGap));
}

/** @param {any} entry of a column */
const isGap = (entry) => entry === null || (typeof entry === "object" && Object.keys(entry).length === 0);

/** @param {Record<string, any>} columns */
function byRecord({ ids, ...columns }) {
  return ids.map((/** @type {string} */ id, /** @type {number} */ index) => {
    const given = Object.entries(columns).filter(([, column]) => !isGap(column[index]));
    return { ids: [id], ...Object.fromEntries(given.map(([name, column]) => [name, [column[index]]])) };
  });
}

/**
 * What a client shows of a collection.
 * @param {World} world
 * @param {any} collection
 */
function showCollection({ names }, { id, name, metadata, configuration, tenant, database }) {
  const named = names.get(id);
  return { id: named ? `<id of ${named}>` : "<id>", name, metadata: metadata ?? null, configuration_json: configuration, tenant, database };
}

/** @param {any} result of a get or query */
function showColumns({ ids, embeddings, documents, uris, metadatas, include }) {
  const section = (/** @type {string} */ name, /** @type {any} */ column) => (include.includes(name) ? column : null);
  const shown = (/** @type {any} */ entry) => (Array.isArray(entry) ? entry.map(showMetadata) : showMetadata(entry));
  return {
    ids,
    embeddings: section("embeddings", embeddings?.map((/** @type {any} */ row) => (row === null ? null : Array.from(row)))),
    documents: section("documents", documents),
    uris: section("uris", uris),
    metadatas: section("metadatas", metadatas?.map(shown)),
    include,
  };
}

/**
 * Clients take the tags of sparse vectors off.
 * @param {any} metadata
 */
function showMetadata(metadata) {
  if (metadata === null) {
    return null;
  }
  const tagged = (/** @type {any} */ value) => (value?.indices && value.values ? { "#type": "sparse_vector", ...value } : value);
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, tagged(value)]));
}

/**
 * An error of either client, without what depends on the server, on the run, and on how a body was written.
 * @param {any} error
 * @param {Map<string, string>} names
 * @returns {Thrown}
 */
function readError({ name, message, cause }, names) {
  const read = (/** @type {string} */ text) => {
    const told = text.replace(/^Bad request to \S+ with status: /, "Bad request to Chroma with status: ").replace(/ at line \d+ column \d+$/, "");
    return [...names].reduce((told, [id, named]) => told.replaceAll(id, `<id of ${named}>`), told);
  };
  const engine = typeof cause?.code === "number" && { status: cause.code, name: cause.name, message: read(cause.message) };
  return { name, message: read(String(message)), ...(engine && { engine }) };
}

/** @type {Record<number, string>} */
const CLASSES = {
  400: "ChromaClientError", 401: "ChromaAuthError", 403: "ChromaForbiddenError", 404: "ChromaNotFoundError", 409: "ChromaUniqueError",
  422: "ChromaClientError", 429: "ChromaRateLimitError",
};

/** @param {number} status */
export const classOf = (status) => CLASSES[status] ?? "ChromaServerError";
