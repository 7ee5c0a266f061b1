/** Creating, finding, changing and deleting collections. */

import { type Case, uniqueName, withCollection } from "./case.js";

export const collectionCases: Case[] = [
  {
    name: "the client answers heartbeat, version, identity and batch size",
    async run(client, expect) {
      expect.equal((await client.heartbeat()) > 1.6e18, true);
      expect.equal(await client.version(), "1.0.0");
      expect.equal((await client.getMaxBatchSize()) > 100, true);
      const { tenant, databases } = await client.getUserIdentity();
      expect.equal([tenant, databases], ["default_tenant", ["default_database"]]);
    },
  },
  {
    name: "a created collection has its name, id, metadata and the default configuration",
    async run(client, expect) {
      await withCollection(
        client,
        async (collection) => {
          expect.equal(collection.metadata, { topic: "test", rank: 3 });
          expect.equal(/^[0-9a-f-]{36}$/.test(collection.id), true);
          const { space, ef_construction, ef_search, max_neighbors } = collection.configuration.hnsw ?? {};
          expect.equal([space, ef_construction, ef_search, max_neighbors], ["l2", 100, 100, 16]);
          expect.equal(await collection.count(), 0);
        },
        { metadata: { topic: "test", rank: 3, dropped: null } },
      );
    },
  },
  {
    name: "a taken name is refused, and getOrCreate answers the collection that has it",
    async run(client, expect) {
      await withCollection(
        client,
        async ({ name, id }) => {
          await expect.rejects(
            client.createCollection({ name, embeddingFunction: null }),
            "ChromaUniqueError",
            "The resource already exists",
          );
          const same = await client.getOrCreateCollection({ name, embeddingFunction: null, metadata: { other: 1 } });
          expect.equal([same.id, same.metadata], [id, { first: 1 }]);
        },
        { metadata: { first: 1 } },
      );
    },
  },
  {
    name: "getOrCreate creates what is not there",
    async run(client, expect) {
      const name = uniqueName();
      const collection = await client.getOrCreateCollection({ name, embeddingFunction: null });
      expect.equal((await client.getCollection({ name })).id, collection.id);
      await client.deleteCollection({ name });
    },
  },
  {
    name: "names that Chroma does not allow are refused",
    async run(client, expect) {
      for (const name of ["ab", "-abc", "abc-", "a b c", "a..b", "192.168.1.1"]) {
        await expect.rejects(
          client.createCollection({ name, embeddingFunction: null }),
          "ChromaClientError",
          "Bad request to ",
        );
      }
    },
  },
  {
    name: "collections are found by name and by id, and what is not there is not found",
    async run(client, expect) {
      await withCollection(client, async ({ name, id }) => {
        expect.equal((await client.getCollection({ name })).id, id);
        expect.equal((await client.getCollectionById(id)).name, name);
        expect.equal((await client.getCollections([name, name])).map((found) => found.id), [id, id]);
        expect.equal(await client.getCollections([]), []);
        await expect.rejects(
          client.getCollection({ name: `${name}-not` }),
          "ChromaNotFoundError",
          "The requested resource could not be found",
        );
        await expect.rejects(
          client.getCollectionById("00000000-0000-4000-8000-000000000000"),
          "ChromaNotFoundError",
        );
      });
    },
  },
  {
    name: "collections are counted, and listed by pages",
    async run(client, expect) {
      const before = await client.countCollections();
      await withCollection(client, (one) =>
        withCollection(client, async (other) => {
          expect.equal(await client.countCollections(), before + 2);
          const all = await client.listCollections({ limit: before + 2 });
          const ids = all.map(({ id }) => id);
          expect.equal([ids.includes(one.id), ids.includes(other.id), ids.length], [true, true, before + 2]);
          const pages = [
            ...(await client.listCollections({ limit: before + 1 })),
            ...(await client.listCollections({ offset: before + 1 })),
          ];
          expect.equal(pages.map(({ id }) => id), ids);
        }),
      );
    },
  },
  {
    name: "modify renames, and replaces the metadata as a whole",
    async run(client, expect) {
      await withCollection(
        client,
        async (collection) => {
          const old = collection.name;
          const name = uniqueName();
          await collection.modify({ name, metadata: { b: 2 } });
          expect.equal([collection.name, collection.metadata], [name, { b: 2 }]);
          const found = await client.getCollection({ name });
          expect.equal([found.id, found.metadata], [collection.id, { b: 2 }]);
          await expect.rejects(client.getCollection({ name: old }), "ChromaNotFoundError");
        },
        { metadata: { a: 1 } },
      );
    },
  },
  {
    name: "modify changes the search parameters, and leaves the others",
    async run(client, expect) {
      await withCollection(
        client,
        async (collection) => {
          await collection.modify({ configuration: { hnsw: { ef_search: 50 } } });
          expect.equal(collection.configuration.hnsw?.ef_search, 50);
          const { hnsw } = (await client.getCollection({ name: collection.name })).configuration;
          expect.equal([hnsw?.space, hnsw?.ef_search], ["cosine", 50]);
        },
        { configuration: { hnsw: { space: "cosine" } } },
      );
    },
  },
  {
    name: "modify refuses empty metadata, and changes nothing then",
    async run(client, expect) {
      await withCollection(
        client,
        async (collection) => {
          await expect.rejects(
            collection.modify({ metadata: {} }),
            "ChromaValueError",
            "Expected metadata to be non-empty",
          );
          expect.equal((await client.getCollection({ name: collection.name })).metadata, { a: 1 });
        },
        { metadata: { a: 1 } },
      );
    },
  },
  {
    name: "a deleted collection is gone, and its name is free",
    async run(client, expect) {
      const name = uniqueName();
      const first = await client.createCollection({ name, embeddingFunction: null });
      await first.add({ ids: ["a"], embeddings: [[1, 2]] });
      await client.deleteCollection({ name });
      await expect.rejects(client.getCollection({ name }), "ChromaNotFoundError");
      await expect.rejects(client.deleteCollection({ name }), "ChromaNotFoundError");
      const second = await client.createCollection({ name, embeddingFunction: null });
      expect.equal(await second.count(), 0);
      await client.deleteCollection({ name });
    },
  },
  {
    name: "a collection cannot be indexed in two ways",
    async run(client, expect) {
      await expect.rejects(
        client.createCollection({
          name: uniqueName(),
          embeddingFunction: null,
          configuration: { hnsw: { space: "l2" }, spann: { space: "l2" } },
        }),
        "ChromaValueError",
        "Cannot specify both HNSW and SPANN configurations",
      );
    },
  },
  {
    name: "a handle works on vectors, and says what it cannot do",
    async run(client, expect) {
      await withCollection(client, async ({ id }) => {
        const handle = client.collection(id);
        await handle.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["text"] });
        expect.equal([await handle.count(), (await handle.get()).documents], [1, ["text"]]);
        const reason = "requires an embedding function";
        await expect.rejects(handle.add({ ids: ["b"], documents: ["text"] }), "ChromaValueError", reason);
        await expect.rejects(handle.query({ queryTexts: ["text"] }), "ChromaValueError", reason);
        await expect.rejects(handle.modify({ name: "other" }), "ChromaValueError", "modify() is not supported");
      });
    },
  },
];
