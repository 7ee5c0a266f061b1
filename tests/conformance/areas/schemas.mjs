/** Schemas: which values are indexed, and what a filter on the others answers. */

import { add, create, find, findText, get, ours, packaged, refused, scenario, show } from "../steps.mjs";

/**
 * One collection for each schema.
 * @param {object[]} schemas
 */
const each = (schemas) => schemas.map((schema, index) => create(`collection-${index}`, { schema }));

/** @param {boolean} enabled */
const index = (enabled, config = {}) => ({ enabled, config });

/** @param {object} config */
const vector = (config, enabled = true) => ({ float_list: { vector_index: index(enabled, config) } });

/** @param {object} config */
const sparse = (config) => ({ sparse_vector: { sparse_vector_index: index(true, config) } });

const MANY = "any number of keys may have an index of sparse vectors";
const ONE_KIND = "an index is of one kind, as in later versions of Chroma";
const BOTH = "Validation error: schema: Both spann and hnsw config cannot be present at the same time.";
const PLAIN = {
  hnsw: { space: "l2", ef_construction: 100, ef_search: 100, max_neighbors: 16, resize_factor: 1.2, sync_threshold: 1000 }, spann: null,
  embedding_function: null,
};

/** @param {object} keys */
const keys = (keys) => ({ defaults: {}, keys });

const OFF = {
  string: { string_inverted_index: index(false) }, int: { int_inverted_index: index(false) },
  float: { float_inverted_index: index(false) }, bool: { bool_inverted_index: index(false) },
};

const VALUES = { s: "x", i: 1, f: 1.5, b: true, ss: ["x"], is: [1] };

const records = add("things", {
  ids: ["a", "b"], embeddings: [[1, 1], [2, 2]], documents: ["hello world", "other"],
  metadatas: [{ cat: "x", ...VALUES }, { cat: 1 }],
});

const FILTERS = [
  { cat: "x" }, { cat: { $ne: "x" } }, { cat: { $in: ["x"] } }, { cat: { $nin: ["x"] } }, { cat: { $contains: "x" } }, { cat: 1 },
  { cat: { $gt: 0 } }, { cat: true },
  { s: "x" }, { i: 1 }, { i: { $gt: 0 } }, { f: 1.5 }, { b: true }, { ss: { $contains: "x" } }, { is: { $contains: 1 } },
  { $or: [{ i: 1 }, { cat: "x" }] }, { none: "x" }, { none: 1 },
].map((where) => find("things", where));

const TEXTS = [{ $contains: "hello" }, { $not_contains: "hello" }, { $regex: "^h" }, { $and: [] }].map((clause) => findText("things", clause));

export const scenarios = [
  scenario(
    "plain",
    "the schema that every collection has",
    create("things", {}, { schema: true }),
    create("cosine", { configuration: { hnsw: { space: "cosine", ef_search: 50 } } }, { schema: true }),
    create("empty", { schema: keys({}) }, { schema: true }),
    create("null", { schema: null }, { schema: true }),
  ),
  scenario(
    "keys-of-records",
    "metadata keys are noted as they are written",
    create("things"),
    records,
    show("things", { schema: true }),
    add("things", { ids: ["c"], embeddings: [[3, 3]], metadatas: [{ cat: 2.5, n: 1 }] }),
    show("things", { schema: true }),
  ),
  scenario(
    "string-index-off",
    "a key whose texts are not indexed cannot be filtered by a text",
    create("things", { schema: keys({ cat: { string: { string_inverted_index: index(false) } } }) }, { schema: true }),
    records, FILTERS, TEXTS, get("things"),
  ),
  scenario(
    "defaults-off",
    "nothing but documents is indexed",
    create("things", { schema: { defaults: OFF, keys: {} } }, { schema: true }),
    records,
    FILTERS,
    TEXTS,
    show("things", { schema: true }),
  ),
  scenario(
    "one-key-on",
    "a key that is indexed where others are not",
    create("things", { schema: { defaults: OFF, keys: { cat: { string: { string_inverted_index: index(true) } } } } }, { schema: true }),
    records, FILTERS,
  ),
  scenario(
    "fts-off",
    "texts that are not indexed cannot be looked for",
    create("things", { schema: keys({ "#document": { string: { fts_index: index(false) } } }) }, { schema: true }),
    records, TEXTS, find("things", { "#document": { $contains: "hello" } }), find("things", { cat: "x" }),
    get("things", { include: ["documents"] }),
  ),
  scenario(
    "vector-index",
    "the space and the graph's parameters, by the schema",
    create("cosine", { schema: keys({ "#embedding": vector({ space: "cosine", hnsw: { ef_search: 77 } }) }) }, { schema: true }),
    create("defaults", { schema: { defaults: vector({ space: "ip" }, false), keys: {} } }, { schema: true }),
    create("source", { schema: keys({ "#embedding": vector({ source_key: "#document" }) }) }, { schema: true }),
    create(
      "function",
      { schema: keys({ "#embedding": vector({ embedding_function: { type: "known", name: "openai", config: { a: 1 } } }) }) },
      { schema: true },
    ),
    create("both", { schema: keys({ "#embedding": vector({ space: "cosine" }) }), configuration: { hnsw: { space: "ip" } } }),
    create("agreeing", { schema: keys({}), configuration: { hnsw: { space: "ip" } } }),
  ),
  scenario(
    "aliases",
    "members may be written with their signs",
    create("things", { schema: { defaults: {}, key_overrides: { cat: { "#string": { $string_inverted_index: index(false) } } } } }, { schema: true }),
    create("unknown", { schema: { defaults: { bogus: 1 }, keys: { cat: { bogus: {} } }, bogus: 1 } }),
  ),
  scenario(
    "shape",
    "schemas of the wrong shape",
    each([
      {}, { keys: {} }, { defaults: {} }, { defaults: 1, keys: {} }, { defaults: {}, keys: 1 }, keys({ cat: 1 }),
      keys({ cat: { string: 1 } }), keys({ cat: { string: { string_inverted_index: {} } } }),
    ]),
    each([
      keys({ cat: { string: { string_inverted_index: { enabled: true } } } }),
      keys({ cat: { string: { string_inverted_index: { enabled: "x", config: {} } } } }),
      keys({ "#embedding": vector({ space: "foo" }) }),
    ]),
    each([keys({ "#embedding": vector({ hnsw: { bogus: 1 } }) }), keys({ "#embedding": vector({ hnsw: { ef_search: "x" } }) })]),
  ),
  scenario(
    "rules",
    "what no schema may ask for",
    each([
      { defaults: vector({}), keys: {} },
      { defaults: { string: { fts_index: index(true) } }, keys: {} },
      keys({ "#foo": {} }),
      keys({ cat: vector({}) }),
      keys({ cat: { string: { fts_index: index(true) } } }),
      keys({ "#document": { string: { string_inverted_index: index(true) } } }),
      keys({ "#document": { int: { int_inverted_index: index(true) } } }),
      keys({ "#embedding": { string: { string_inverted_index: index(true) } } }),
      keys({ "#embedding": vector({ source_key: "title" }) }),
      keys({
        sv: {
          sparse_vector: {
            sparse_vector_index: index(true, { source_key: "#bogus", embedding_function: { type: "known", name: "chroma_bm25", config: {} } }),
          },
        },
      }),
      { ...keys({}), cmek: { gcp: "bogus" } },
      { ...keys({}), cmek: { gcp: "projects/p/locations/l/keyRings/r/cryptoKeys/k" } },
      keys({ "#embedding": vector({}, false) }),
      keys({ "chroma:x": {} }),
      keys({ "": {} }),
    ]),
    create(
      "sparse-by-default",
      { schema: { defaults: { sparse_vector: { sparse_vector_index: index(true) } }, keys: {} } },
      refused(
        MANY,
        400,
        "Validation error: schema: Sparse vector index cannot be enabled by default. Please enable sparse vector index on specific keys.",
      ),
    ),
    create(
      "two-sparse",
      { schema: keys({ one: sparse({}), two: sparse({}) }) },
      { arbitrary: true, ...ours(MANY, { name: "two-sparse", dimension: null, metadata: null }) },
    ),
    create(
      "source",
      { schema: keys({ sv: sparse({ source_key: "#document" }) }) },
      packaged("the builder says that there is no function", { answer: { name: "source", metadata: null, configuration_json: PLAIN } }),
    ),
    create(
      "both",
      { schema: keys({ "#embedding": vector({ hnsw: {}, spann: {} }) }) },
      { ...refused(ONE_KIND, 400, BOTH), ...packaged(ONE_KIND, { error: { status: 400, name: "InvalidArgumentError", message: BOTH } }) },
    ),
  ),
];
