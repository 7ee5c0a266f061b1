/** How a collection is indexed, and by which function its texts are embedded. */

import { create, modify, scenario, show } from "../steps.mjs";

/**
 * One collection for each configuration.
 * @param {object[]} bodies
 */
const each = (bodies) => bodies.map((body, index) => create(`collection-${index}`, body));

/** @param {object} hnsw */
const hnsw = (hnsw) => ({ configuration: { hnsw } });

/** @param {object} embedding_function */
const known = (embedding_function) => ({ configuration: { embedding_function } });

export const scenarios = [
  scenario(
    "hnsw",
    "the parameters of the graph",
    each([
      {},
      { configuration: null },
      { configuration: {} },
      { configuration: { hnsw: null, spann: null } },
      ...["l2", "cosine", "ip"].map((space) => hnsw({ space })),
      hnsw({ ef_construction: 200, ef_search: 50, max_neighbors: 32 }),
      hnsw({ resize_factor: 2.5, sync_threshold: 500, batch_size: 50, num_threads: 1 }),
      hnsw({ space: null }),
      { configuration: { bogus: 1 } },
      hnsw({ bogus: 1 }),
      hnsw({ space: "foo" }),
      hnsw({ space: "L2" }),
      hnsw({ ef_search: -1 }),
      hnsw({ ef_search: 1.5 }),
      hnsw({ ef_search: "10" }),
      hnsw({ resize_factor: "1" }),
      { configuration: { hnsw: {}, spann: {} } },
      { configuration: { hnsw: 1 } },
      { configuration: "hnsw" },
    ]),
  ),
  scenario(
    "spann",
    "the parameters of posting lists; the single node keeps the space alone",
    each([
      { configuration: { spann: { space: "foo" } } },
      { configuration: { spann: { bogus: 1 } } },
      { configuration: { spann: { search_nprobe: -1 } } },
      { configuration: { spann: 1 } },
    ]),
  ),
  scenario(
    "legacy",
    "the parameters of the graph in the metadata, as they were once given",
    each([
      { metadata: { "hnsw:space": "cosine" } },
      { metadata: { "hnsw:space": "ip", "hnsw:M": 8, "hnsw:construction_ef": 20, "hnsw:search_ef": 30, other: "x" } },
      { metadata: { "hnsw:resize_factor": 1.5, "hnsw:batch_size": 10, "hnsw:sync_threshold": 20, "hnsw:num_threads": 2 } },
      { metadata: { "hnsw:space": "cosine" }, ...hnsw({ space: "ip" }) },
      { metadata: { "hnsw:bogus": 1 } },
      { metadata: { "hnsw:space": "bogus" } },
      { metadata: { "hnsw:space": 1 } },
      { metadata: { "hnsw:M": "8" } },
      { metadata: { "hnsw:M": 8.5 } },
    ]),
  ),
  scenario(
    "embedding-functions",
    "the function is kept as it was given",
    each([
      known({ type: "known", name: "default", config: {} }),
      known({ type: "known", name: "openai", config: { model_name: "m", nested: { a: [1, null] } } }),
      known({ type: "legacy" }),
      known({ type: "unknown" }),
      { configuration: { embedding_function: null } },
      known({ type: "known" }),
      known({ type: "known", name: "default" }),
      known({ type: "bogus" }),
      known({}),
    ]),
  ),
  scenario(
    "changing",
    "what may change of a configuration, and what may not",
    create("things", hnsw({ space: "cosine" })),
    modify("things", { new_configuration: { hnsw: { ef_search: 50 } } }),
    show("things"),
    modify("things", { new_configuration: { hnsw: { max_neighbors: 8, resize_factor: 1.5, sync_threshold: 100, batch_size: 20, num_threads: 1 } } }),
    show("things"),
    modify("things", { new_configuration: {} }),
    modify("things", { new_configuration: null }),
    modify("things", { new_configuration: { spann: { ef_search: 50 } } }),
    show("things"),
    modify("things", { new_configuration: { hnsw: {}, spann: {} } }),
    modify("things", { new_configuration: { hnsw: { space: "ip" } } }),
    modify("things", { new_configuration: { hnsw: { ef_construction: 50 } } }),
    modify("things", { new_configuration: { hnsw: { bogus: 1 } } }),
    modify("things", { new_configuration: { hnsw: { ef_search: "x" } } }),
    modify("things", { new_configuration: { spann: { search_rng_factor: 1 } } }),
    modify("things", { new_configuration: { embedding_function: { type: "known", name: "openai", config: { model_name: "m" } } } }),
    show("things"),
    modify("things", { new_configuration: { embedding_function: { type: "known" } } }),
    show("things"),
  ),
];
