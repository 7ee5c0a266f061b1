/** Values of metadata, and vectors in every form. */

import type { Collection, Metadata } from "../../../pkg/src/index.js";
import { type Case, LetterCounts, withCollection } from "./case.js";

async function roundTrip(collection: Collection, metadata: object): Promise<Metadata | null | undefined> {
  await collection.upsert({ ids: ["x"], embeddings: [[1]], metadatas: [metadata as Metadata] });
  return (await collection.get({ ids: ["x"] })).metadatas[0];
}

export const valueCases: Case[] = [
  {
    name: "metadata values keep their type",
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        const metadata = {
          text: "grüße 🙂",
          empty: "",
          int: -7,
          large: Number.MAX_SAFE_INTEGER,
          float: 0.1,
          yes: true,
          no: false,
          strings: ["b", "a", "b"],
          ints: [3, 1],
          floats: [0.5, 1.25],
          booleans: [true, false],
        };
        expect.equal(await roundTrip(collection, metadata), metadata);
      });
    },
  },
  {
    name: "null values are not stored by add",
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        await collection.add({ ids: ["x"], embeddings: [[1]], metadatas: [{ kept: 1, dropped: null }] });
        expect.equal((await collection.get()).metadatas, [{ kept: 1 }]);
      });
    },
  },
  {
    name: "records without metadata, document or uri answer null",
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        await collection.add({ ids: ["x"], embeddings: [[1]] });
        const found = await collection.get({ include: ["metadatas", "documents", "uris"] });
        expect.equal([found.metadatas, found.documents, found.uris], [[null], [null], [null]]);
      });
    },
  },
  {
    name: "a null value deletes its key in update and upsert",
    local: true,
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        await collection.add({ ids: ["x"], embeddings: [[1]], metadatas: [{ a: 1, b: 2, c: 3 }] });
        await collection.update({ ids: ["x"], metadatas: [{ a: null }] });
        expect.equal((await collection.get()).metadatas, [{ b: 2, c: 3 }]);
        await collection.upsert({ ids: ["x"], embeddings: [[1]], metadatas: [{ b: null, d: 4 }] });
        expect.equal((await collection.get()).metadatas, [{ c: 3, d: 4 }]);
      });
    },
  },
  {
    name: "keys that name members of every object are keys like others",
    local: true,
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        const metadata = JSON.parse('{"__proto__": "p", "constructor": 1, "toString": true}') as Metadata;
        const found = await roundTrip(collection, metadata);
        expect.equal(Object.keys(found ?? {}).sort(), ["__proto__", "constructor", "toString"]);
        expect.equal(Object.getOwnPropertyDescriptor(found, "__proto__")?.value, "p");
        expect.equal(({} as { p?: unknown }).p, undefined);
        expect.equal((await collection.get({ where: { constructor: 1 } as never })).ids, ["x"]);
      });
    },
  },
  {
    name: "sparse vectors in metadata come back as they were given",
    local: true,
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        const sparse = { indices: [1, 70_000], values: [0.5, 2] };
        expect.equal(await roundTrip(collection, { sparse, other: 1 }), { sparse, other: 1 });
      });
    },
  },
  {
    name: "integers beyond 2^53 are read as bigint, and can be written so",
    local: true,
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        const metadata = { big: 9_007_199_254_740_993n, small: 5n };
        expect.equal(await roundTrip(collection, metadata), { big: 9_007_199_254_740_993n, small: 5 });
        expect.equal((await collection.get({ where: { big: 9_007_199_254_740_993n } as never })).ids, ["x"]);
      });
    },
  },
  {
    name: "typed arrays are vectors wherever number[] is, and stay the caller's",
    local: true,
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        const whole = new Float32Array([1, 2, 3, 4]);
        const rows = [whole.subarray(0, 2), new Float64Array([5, 6]), [7, 8]];
        await collection.add({ ids: ["a", "b", "c"], embeddings: rows });
        await collection.update({ ids: ["c"], embeddings: [whole.subarray(2)] });
        const { embeddings } = await collection.get({ include: ["embeddings"] });
        expect.equal(embeddings, [[1, 2], [5, 6], [3, 4]]);
        const found = await collection.query({ queryEmbeddings: [new Float32Array([5, 6])], nResults: 1 });
        expect.equal([found.ids, found.distances], [[["b"]], [[0]]]);
        expect.equal(whole, new Float32Array([1, 2, 3, 4]));
      });
    },
  },
  {
    name: "embedding functions may answer typed arrays",
    local: true,
    async run(client, expect) {
      const letters = new LetterCounts();
      const embeddingFunction = {
        name: "typed",
        generate: async (texts: string[]) => (await letters.generate(texts)).map((row) => Float32Array.from(row)),
      };
      await withCollection(
        client,
        async (collection) => {
          await collection.add({ ids: ["a"], documents: ["banana"] });
          expect.equal((await collection.get({ include: ["embeddings"] })).embeddings, [[3, 3]]);
        },
        { embeddingFunction },
      );
    },
  },
  {
    name: "collections are found by resource name",
    local: true,
    async run(client, expect) {
      await withCollection(client, async ({ id, name }) => {
        expect.equal((await client.getCollectionByCrn(`default_tenant:default_database:${name}`)).id, id);
      });
    },
  },
  {
    name: "the indexing status adds up",
    local: true,
    async run(client, expect) {
      await withCollection(client, async (collection) => {
        await collection.add({ ids: ["a", "b"], embeddings: [[1], [2]] });
        const status = await collection.getIndexingStatus();
        expect.equal(status.num_indexed_ops + status.num_unindexed_ops, status.total_ops);
        expect.equal(status.total_ops >= 2, true);
      });
    },
  },
];
