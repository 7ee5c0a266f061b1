/** Forks, indexing, and collections of which only the id is known. */

/** @type {import("../world.mjs").Steps} */
export const steps = {
  add: async (world) => (await world.makeAnimals("animals", { metadata: { topic: "animals" } })).count(),
  "forks of nobody": ({ kept }) => kept["animals"].forkCount(),
  fork: async ({ kept }) => {
    kept["fork"] = await kept["animals"].fork({ name: "animals-2" });
    return kept["fork"];
  },
  "a fork has the records": ({ kept }) => kept["fork"].get({ ids: ["cat"] }),
  "writes to a fork are its own": async ({ kept }) => {
    await kept["fork"].delete({ ids: ["cat"] });
    await kept["animals"].update({ ids: ["dog"], uris: ["b://dog"] });
    return [await kept["animals"].count(), await kept["fork"].count(), (await kept["fork"].get({ ids: ["dog"], include: ["uris"] })).uris];
  },
  "forks are counted": async ({ kept }) => [await kept["animals"].forkCount(), await kept["fork"].forkCount()],
  "fork to a taken name": ({ kept }) => kept["animals"].fork({ name: "animals" }),
  "fork to a bad name": ({ kept }) => kept["animals"].fork({ name: "a" }),
  "indexing status": async ({ kept }) => {
    const status = await kept["animals"].getIndexingStatus();
    return [Object.keys(status).sort(), status.total_ops === status.num_indexed_ops + status.num_unindexed_ops];
  },
  handle: ({ client, kept }) => {
    kept["handle"] = client.collection(kept["animals"].id);
    return kept["handle"];
  },
  "handle counts": ({ kept }) => kept["handle"].count(),
  "handle adds": async ({ kept }) => {
    await kept["handle"].add({ ids: ["owl"], embeddings: [[5, 1]], documents: ["an owl"] });
    await kept["handle"].upsert({ ids: ["owl"], embeddings: [[5, 2]], metadatas: [{ legs: 2 }] });
    await kept["handle"].update({ ids: ["owl"], metadatas: [{ night: true }] });
    return kept["handle"].get({ ids: ["owl"], include: ["documents", "embeddings", "metadatas"] });
  },
  "handle queries": ({ kept }) => kept["handle"].query({ queryEmbeddings: [[5, 2]], nResults: 1 }),
  "handle peeks": ({ kept }) => kept["handle"].peek({ limit: 1 }),
  "handle searches": ({ kept, chroma }) => kept["handle"].search(new chroma.Search().rank(chroma.Knn({ query: [5, 2] })).limit(1)),
  "handle deletes": ({ kept }) => kept["handle"].delete({ ids: ["owl"] }),
  "handle adds texts": ({ kept }) => kept["handle"].add({ ids: ["x"], documents: ["text"] }),
  "handle queries texts": ({ kept }) => kept["handle"].query({ queryTexts: ["text"] }),
  "handle searches texts": ({ kept, chroma }) => kept["handle"].search(new chroma.Search().rank(chroma.Knn({ query: "text" }))),
  "handle modifies": ({ kept }) => kept["handle"].modify({ name: "other" }),
  "handle forks": ({ kept }) => kept["handle"].fork({ name: "other" }),
  "handle of an unknown id": ({ client }) => client.collection("00000000-0000-4000-8000-000000000000").count(),
  "handle of what is no id": ({ client }) => client.collection("no-uuid").count(),
  "handle without a database": ({ place, chroma }) => new chroma.ChromaClient({ ...place, tenant: "", database: "" }).collection("00000000-0000-4000-8000-000000000000"),
};
