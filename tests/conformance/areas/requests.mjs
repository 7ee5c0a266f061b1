/** Bodies of the wrong shape (422), and well-formed ones with values that cannot be (400). */

import { add, count, create, get, modify, packaged, query, refused, remove, scenario, update, upsert } from "../steps.mjs";

const seed = [create("things"), add("things", { ids: ["a"], embeddings: [[1, 2]] })];

const SHAPES = [
  {}, { ids: ["e"] }, { embeddings: [[1, 2]] }, { ids: null, embeddings: [[1, 2]] }, { ids: "e", embeddings: [[1, 2]] },
  { ids: [1], embeddings: [[1, 2]] }, { ids: [null], embeddings: [[1, 2]] },
  { ids: ["e"], embeddings: null }, { ids: ["e"], embeddings: [null] }, { ids: ["e"], embeddings: [[1, null]] },
  { ids: ["e"], embeddings: [["a"]] }, { ids: ["e"], embeddings: "x" },
  { ids: ["e"], embeddings: [1, 2] }, { ids: ["e"], embeddings: [{}] }, { ids: ["e"], embeddings: [[true]] },
  { ids: ["e"], embeddings: [[1, 2]], documents: "x" }, { ids: ["e"], embeddings: [[1, 2]], documents: [1] },
  { ids: ["e"], embeddings: [[1, 2]], uris: [1] },
  { ids: ["e"], embeddings: [[1, 2]], metadatas: {} }, { ids: ["e"], embeddings: [[1, 2]], metadatas: ["x"] },
  { ids: ["e"], embeddings: [[1, 2]], metadatas: [1] },
  { ids: ["e"], embeddings: [[1, 2]], metadatas: [{ a: { b: 1 } }] },
];

const VALUES = [
  { ids: ["e"], embeddings: [[]] }, { ids: ["e"], embeddings: [[1, 1e40]] }, { ids: ["e"], embeddings: [[1, -1e40]] },
  { ids: ["e"], embeddings: [[1, 2, 3]] },
  { ids: ["e", "f"], embeddings: [[1, 2]] }, { ids: ["e"], embeddings: [[1, 2], [3, 4]] }, { ids: ["e", "f"], embeddings: [[1, 2], [1]] },
  { ids: ["e"], embeddings: [[1, 2]], documents: [] }, { ids: ["e"], embeddings: [[1, 2]], documents: ["x", "y"] },
  { ids: ["e"], embeddings: [[1, 2]], metadatas: [] },
  { ids: ["e"], embeddings: [[1, 2]], uris: ["x", null] }, { ids: [""], embeddings: [[1, 2]] },
  { ids: ["e"], embeddings: [[1, 2]], metadatas: [{ "": 1 }] }, { ids: ["e"], embeddings: [[1, 2]], metadatas: [{ "#e": 1 }] },
  // Which of several faults is told.
  { ids: [""], embeddings: [[1, 2, 3]] }, { ids: ["", "f"], embeddings: [[1, 2]] }, { ids: ["e", "f"], embeddings: [[1, 2, 3]] },
  { ids: ["e", "f"], embeddings: [[1, 2]], metadatas: [{ "#e": 1 }] }, { ids: ["e", "f"], embeddings: [[1e40, 2], [1]] },
];

/** @param {typeof add} write */
const twoFaults = (write) =>
  write("things", { ids: ["e"], embeddings: [[]], metadatas: [{ "#e": 1 }] }, {
    arbitrary: true,
    ...refused("the single node tells both faults, in any order", 400, "Validation error: embeddings: Each embedding must have at least 1 dimension"),
  });

export const scenarios = [
  scenario("shape-of-add", "an add of the wrong shape", seed, SHAPES.map((body) => add("things", body)), count("things")),
  scenario("shape-of-upsert", "an upsert of the wrong shape", seed, SHAPES.map((body) => upsert("things", body)), count("things")),
  scenario(
    "shape-of-update",
    "an update of the wrong shape",
    seed,
    [
      {}, { ids: null }, { ids: "a" }, { ids: [1] }, { ids: ["a"], embeddings: "x" }, { ids: ["a"], embeddings: [[1, null]] },
      { ids: ["a"], embeddings: [["x"]] }, { ids: ["a"], embeddings: [1] },
      { ids: ["a"], documents: [1] }, { ids: ["a"], documents: "x" }, { ids: ["a"], uris: [1] }, { ids: ["a"], metadatas: [1] },
      { ids: ["a"], metadatas: [{ a: {} }] }, { ids: ["a"], metadatas: [{ a: [1, "x"] }] },
    ].map((body) => update("things", body)),
    get("things"),
  ),
  scenario(
    "values-of-add",
    "an add of impossible values writes nothing",
    seed,
    VALUES.map((body) => add("things", body)),
    twoFaults(add),
    count("things"),
  ),
  scenario(
    "values-of-upsert",
    "an upsert of impossible values writes nothing",
    seed,
    VALUES.map((body) => upsert("things", body)),
    twoFaults(upsert),
    count("things"),
  ),
  scenario(
    "values-of-update",
    "an update of impossible values changes nothing",
    seed,
    [
      { ids: ["a"], embeddings: [[]] }, { ids: ["a"], embeddings: [[1, 1e40]] }, { ids: ["a"], embeddings: [[1]] },
      { ids: ["a"], embeddings: [] }, { ids: ["a"], documents: [] }, { ids: ["a"], metadatas: [{}, {}] },
      { ids: ["a", "b"], embeddings: [[1, 2]] }, { ids: ["a"], metadatas: [{ "$x": 1 }] }, { ids: ["a"], metadatas: [{ "": null }] },
      { ids: [""], documents: ["x"] }, { ids: ["a", ""], documents: ["x", "y"] },
    ].map((body) => update("things", body)),
    get("things"),
  ),
  scenario(
    "shape-of-reads",
    "gets, queries and deletes of the wrong shape",
    seed,
    [{ ids: "a" }, { ids: [1] }, { limit: "x" }, { include: {} }].map((body) => get("things", body)),
    get("things", { include: [1] }),
    [
      { query_embeddings: [[1, 2]], ids: "a" }, { query_embeddings: [[1, 2]], ids: [null] }, { query_embeddings: {} },
      { query_embeddings: [[true, 1]] },
    ].map((body) => query("things", body)),
    [{ ids: "a" }, { ids: [1] }, { limit: "x" }, { where: { a: 1 }, limit: 1.5 }].map((body) => remove("things", body)),
    count("things"),
  ),
  scenario(
    "shape-of-collections",
    "creations and changes of the wrong shape",
    [
      { name: 1 }, { name: null }, { name: "abc", get_or_create: "x" }, { name: "abc", get_or_create: null }, { name: "abc", metadata: 1 },
      { name: "abc", configuration: 1 }, { name: "abc", schema: 1 },
    ].map((body) => ({ call: "create_collection", body })),
    { call: "create_collection", body: {} },
    create("things", { unknown: 1 }),
    modify(
      "things",
      { new_metadata: 1 },
      packaged("says what was given", { error: { name: "ChromaValueError", message: "Expected metadata to be an object, but got number" } }),
    ),
    [{ new_name: 1 }, { new_configuration: 1 }, { new_configuration: { hnsw: 1 } }, { unknown: 1 }].map((body) => modify("things", body)),
    [{}, { name: 1 }].map((body) => ({ call: "create_tenant", body })),
    [{}, { name: 1 }].map((body) => ({ call: "create_database", body })),
  ),
];
