/** What collections do that those of the official client do not, or not on a single node. The store keeps three versions. */

import type { ChromaClient, Collection, RecordChange } from "../../../pkg/src/index.js";
import { type Case, type Expect, LetterCounts, uniqueName, withAnimals } from "./case.js";

/** Waits for a value that meets a condition. */
async function eventually<T>(read: () => T, isMet: (value: T) => boolean): Promise<T> {
  for (let turns = 0; turns < 500; turns += 1) {
    if (isMet(read())) {
      return read();
    }
    await pause(10);
  }
  throw new Error(`nothing came of it: ${JSON.stringify(read())}`);
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function idsOf(collection: Collection): Promise<string[]> {
  return (await collection.get()).ids;
}

export const beyondCases: Case[] = [
  {
    name: "one vector alone is a query, as it was before version 3 of the official client",
    local: true,
    run: (client, expect) =>
      withAnimals(client, async (collection) => {
        for (const vector of [[0, 0], new Float32Array([0, 0])]) {
          const { ids } = await collection.query({ queryEmbeddings: vector as unknown as number[][], nResults: 2 });
          expect.equal(ids, [["cat", "tiger"]]);
        }
      }),
  },
  {
    name: "a fork has everything and goes its own way",
    local: true,
    run: (client, expect) =>
      withAnimals(
        client,
        async (collection) => {
          const fork = await collection.fork({ name: `${collection.name}-fork` });
          await fork.delete({ ids: ["cat"] });
          await collection.add({ ids: ["fly"], documents: ["an insect"] });
          expect.equal(await idsOf(fork), ["tiger", "dog", "eagle", "salmon"]);
          expect.equal(await collection.count(), 6);
          expect.equal([await fork.forkCount(), await collection.forkCount()], [1, 1]);
          // It embeds as its source does, and is found by its name.
          const found = await client.getCollection({ name: fork.name, embeddingFunction: new LetterCounts() });
          const { ids } = await found.query({ queryTexts: ["a bird of prey"], nResults: 2 });
          expect.equal(ids, [(await fork.query({ queryTexts: ["a bird of prey"], nResults: 2 })).ids[0]]);
          await expect.rejects(collection.fork({ name: fork.name }), "ChromaUniqueError");
          await expect.rejects(client.collection(collection.id).fork({ name: "other" }), "ChromaValueError");
          await client.deleteCollection({ name: fork.name });
        },
        { embeddingFunction: new LetterCounts() },
      ),
  },
  {
    name: "a version is read and restored",
    local: true,
    run: (client, expect) =>
      withAnimals(client, async (collection) => {
        const { version, isCurrent } = await collection.saveVersion();
        await collection.delete({ where: { legs: 4 } });
        const old = collection.at(version);
        expect.equal([isCurrent, await collection.count(), await old.count()], [true, 2, 5]);
        const { ids } = await old.query({ queryEmbeddings: [[0, 2]], nResults: 1 });
        expect.equal(ids, [["dog"]]);
        await expect.rejects(old.delete({ ids: ["dog"] }), "ChromaClientError", "can only be read");
        await expect.rejects(collection.at(999).count(), "ChromaNotFoundError");
        await collection.restore(version);
        expect.equal(await idsOf(collection), ["cat", "tiger", "dog", "eagle", "salmon"]);
        const versions = await collection.versions();
        expect.equal(versions.map((each) => each.isCurrent), versions.map((_, place) => place === versions.length - 1));
        const undone = versions.at(-2)?.version ?? 0;
        expect.equal(await collection.at(undone).count(), 2);
        const name = uniqueName();
        expect.equal(await (await collection.at(undone).fork({ name })).count(), 2);
        await client.deleteCollection({ name });
      }),
  },
  {
    name: "a transaction is made unless another write came before it",
    local: true,
    run: (client, expect) =>
      withAnimals(client, async (collection) => {
        const transaction = collection.conditional();
        const { metadatas } = await transaction.get({ ids: ["cat", "unicorn"] });
        expect.equal(metadatas[0]?.legs, 4);
        await transaction.update({ ids: ["cat"], metadatas: [{ legs: 3 }] });
        await transaction.add({ ids: ["unicorn"], embeddings: [[1, 1]] });
        await expect.rejects(transaction.get({ ids: ["cat"] }), "ChromaValueError", "after a write");
        await expect.rejects(transaction.delete({ ids: ["dog"] }), "ChromaValueError", "earlier read");
        expect.equal(await collection.count(), 5);
        expect.equal((await transaction.commit()).record_count, 2);
        expect.equal(await collection.count(), 6);
        await expect.rejects(transaction.commit(), "ChromaValueError", "committed already");

        const late = collection.conditional();
        await late.get({ ids: ["dog"] });
        await collection.update({ ids: ["dog"], metadatas: [{ legs: 5 }] });
        await late.upsert({ ids: ["tiger"], embeddings: [[2, 2]] });
        await expect.rejects(late.commit(), "ChromaConditionalWriteConflictError");
        const { embeddings } = await collection.get({ ids: ["tiger"], include: ["embeddings"] });
        expect.equal(embeddings, [[1, 0]]);
      }),
  },
  {
    name: "a transaction that runs is tried again",
    local: true,
    run: (client, expect) =>
      withAnimals(client, async (collection) => {
        const add = (by: number): Promise<void> =>
          collection.conditional().run(
            async (transaction) => {
              const { metadatas } = await transaction.get({ ids: ["dog"] });
              await pause(1);
              await transaction.update({ ids: ["dog"], metadatas: [{ legs: Number(metadatas[0]?.legs) + by }] });
            },
            { maxRetries: 20 },
          );
        await Promise.all([add(1), add(10), add(100)]);
        const { metadatas } = await collection.get({ ids: ["dog"] });
        expect.equal(metadatas[0]?.legs, 115);
      }),
  },
  {
    name: "values of metadata keys are counted",
    local: true,
    run: (client, expect) =>
      withAnimals(client, async (collection) => {
        await collection.update({ ids: ["salmon"], metadatas: [{ tags: ["wet", "cold", "wet"] }] });
        await collection.update({ ids: ["eagle"], metadatas: [{ tags: ["high", "cold"] }] });
        const facets = await collection.facets({ keys: ["legs", "tags", "none"], limit: 2 });
        expect.equal(facets, [
          { key: "legs", distinct: 3, values: [{ value: 4, count: 3 }, { value: 0, count: 1 }] },
          { key: "tags", distinct: 3, values: [{ value: "cold", count: 2 }, { value: "high", count: 1 }] },
          { key: "none", distinct: 0, values: [] },
        ]);
        const [home] = await collection.facets({ keys: ["home"], where: { legs: { $lt: 4 } } });
        expect.equal(home?.values, [{ value: false, count: 2 }]);
      }),
  },
  {
    name: "functions run over what compactions bring in",
    local: true,
    run: (client, expect) => withAnimals(client, (collection) => attachFunctions(client as ChromaClient, collection, expect)),
  },
  {
    name: "a live query shows what it finds, and again when that changes",
    local: true,
    run: (client, expect) => withAnimals(client, (collection) => watchAnimals(collection, expect)),
  },
  {
    name: "a live query or search by text follows what is written",
    local: true,
    run: (client, expect) =>
      withAnimals(
        client,
        async (collection) => {
          const found: string[][] = [];
          const end = collection.watch({ query: { queryTexts: ["a bird of prey"], nResults: 1 } }, ({ ids }) => {
            found.push(ids[0] ?? []);
          });
          const searched: number[] = [];
          const endSearch = collection.watch({ search: { where: { legs: 2 } } }, ({ ids }) => {
            searched.push(ids[0]?.length ?? 0);
          });
          await eventually(() => found.length + searched.length, (count) => count === 2);
          await collection.add({ ids: ["hawk"], documents: ["a bird of prey"], metadatas: [{ legs: 2 }] });
          await collection.delete({ ids: ["eagle"] });
          await eventually(() => found.at(-1)?.[0], (id) => id === "hawk");
          // The eagle before, then with the hawk for as long as there are both, or not if they come and go at once; the hawk alone.
          await eventually(() => searched.slice(1).at(-1), (count) => count === 1);
          end();
          endSearch();
          expect.equal(searched[0], 1);
        },
        { embeddingFunction: new LetterCounts() },
      ),
  },
  {
    name: "what goes wrong with a live query is told",
    local: true,
    run: async (client, expect) => {
      const errors: unknown[] = [];
      const collection = await client.createCollection({ name: uniqueName(), embeddingFunction: null });
      collection.watch({ get: {} }, () => undefined, (error) => errors.push(error));
      await pause(20);
      await client.deleteCollection({ name: collection.name });
      await eventually(() => errors.length, (count) => count === 1);
      expect.equal((errors[0] as Error).name, "ChromaNotFoundError");
    },
  },
];

async function attachFunctions(client: ChromaClient, collection: Collection, expect: Expect): Promise<void> {
  const [counts, lengths] = [uniqueName(), uniqueName()];
  const calls: RecordChange[][] = [];
  client.registerFunction("lengths", (changes, { unit }) => {
    calls.push(changes);
    const present = changes.flatMap((change) => (change.new ? [change.new] : []));
    return {
      upsert: {
        ids: present.map(({ id }) => id),
        embeddings: present.map(({ embedding }) => embedding?.slice(0, 1) ?? []),
        metadatas: present.map(({ document }) => ({ length: document?.length ?? 0, unit: String(unit) })),
      },
      delete: changes.flatMap((change) => (change.new || !change.old ? [] : [change.old.id])),
    };
  });
  const params = { unit: "characters" };
  const attached = { name: "my lengths", functionId: "lengths", outputCollection: lengths, params };
  expect.equal((await collection.attachFunction(attached)).params, params);
  await collection.attachFunction({ name: "counter", functionId: "record_counter", outputCollection: counts });
  const unknown = { name: "other", functionId: "unknown", outputCollection: uniqueName() };
  await expect.rejects(collection.attachFunction(unknown), "ChromaNotFoundError");

  await client.compact();
  await eventually(() => calls.length, (count) => count === 1);
  await collection.delete({ ids: ["cat"] });
  await client.compact();
  await eventually(() => calls.length, (count) => count === 2);
  expect.equal(calls[1]?.map((change) => [change.old?.id, change.new]), [["cat", null]]);
  const { metadatas } = await (await client.getCollection({ name: counts })).get();
  expect.equal(metadatas, [{ total_count: 4 }]);
  let found: unknown[] = [];
  for (let turns = 0; turns < 200 && found.length !== 4; turns += 1) {
    await pause(10);
    found = (await (await client.getCollection({ name: lengths })).get()).metadatas;
  }
  expect.equal(found[0], { length: 14, unit: "characters" });
  await collection.detachFunction("my lengths", { deleteOutput: true });
  await expect.rejects(client.getCollection({ name: lengths }), "ChromaNotFoundError");
  await collection.detachFunction("counter", { deleteOutput: true });
  await expect.rejects(collection.getAttachedFunction("counter"), "ChromaNotFoundError");
}

async function watchAnimals(collection: Collection, expect: Expect): Promise<void> {
  const seen: string[][] = [];
  const end = collection.watch({ get: { where: { legs: 4 }, limit: 4 } }, ({ ids }) => {
    seen.push(ids);
  });
  await eventually(() => seen.length, (count) => count === 1);
  // None of these changes what is watched.
  await collection.update({ ids: ["eagle"], metadatas: [{ sound: "screech" }] });
  await collection.add({ ids: ["snake"], embeddings: [[3, 3]], metadatas: [{ legs: 0 }] });
  await collection.delete({ ids: ["salmon"] });
  await pause(50);
  expect.equal(seen, [["cat", "tiger", "dog"]]);
  await collection.update({ ids: ["eagle"], metadatas: [{ legs: 4 }] });
  await eventually(() => seen.length, (count) => count === 2);
  await collection.delete({ ids: ["cat"] });
  await eventually(() => seen.length, (count) => count === 3);
  end();
  await collection.delete({ ids: ["dog"] });
  await pause(50);
  expect.equal(seen, [["cat", "tiger", "dog"], ["cat", "tiger", "dog", "eagle"], ["tiger", "dog", "eagle"]]);
}
