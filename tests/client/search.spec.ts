/** What a collection sends for a search, and what it makes of the answer. */

import { expect, test } from "@playwright/test";

import { ChromaClient, K, Knn, Rrf, Search, type SearchLike } from "../../pkg/src/index.js";
import type { SearchColumns, SearchRequest } from "../../pkg/src/engine/engine.js";
import { LetterCounts } from "./official-behaviour/case.js";
import { type Answers, collectionJson, installConnector, thrown } from "./support/engine.js";
import { helpfulServer, officialClient, withServer } from "./support/official.js";

const nothing: SearchColumns = { searches: [] };

async function setUp(answers: Answers = {}, embeddingFunction: LetterCounts | null = null) {
  const log = installConnector({ search: nothing, ...answers });
  const client = new ChromaClient({ storage: "memory" });
  const collection = await client.createCollection({ name: "things", embeddingFunction });
  const searched = () => log.calls.filter(({ method }) => method === "search");
  return { client, collection, searched, request: () => searched().at(-1)?.args[3] as SearchRequest };
}

test("a search is sent as its payload, several in their order, with the read level", async () => {
  const { collection, searched } = await setUp();
  const search = new Search().where(K("k").eq(1)).limit(3).select(K.SCORE);
  await collection.search(search);
  await collection.search([search, { rank: Knn({ query: new Float32Array([1, 2]) }) }], { readLevel: "index_only" });
  const first = { filter: { k: { $eq: 1 } }, limit: { offset: 0, limit: 3 }, select: { keys: ["#score"] } };
  const second = {
    rank: { $knn: { query: [1, 2], key: "#embedding", limit: 128 } },
    limit: { offset: 0 },
    select: { keys: [] },
  };
  const path = ["default_tenant", "default_database", collectionJson.id];
  expect(searched().map(({ args }) => args)).toEqual([
    [...path, { searches: [first], read_level: undefined }],
    [...path, { searches: [first, second], read_level: "index_only" }],
  ]);
});

test("texts are embedded for queries, with one call of the function", async () => {
  const embeddingFunction = new LetterCounts();
  const { collection, request } = await setUp({}, embeddingFunction);
  const hybrid = Rrf({ ranks: [Knn({ query: "fig", returnRank: true }), Knn({ query: [9, 9], returnRank: true })] });
  await collection.search([
    { rank: Knn({ query: "banana" }).multiply(2) },
    { rank: hybrid },
    { rank: { $knn: { query: "kiwi" } } },
  ]);
  const [product, fused, literal] = request().searches.map(({ rank }) => rank);
  expect(product).toEqual({ $mul: [{ $knn: { query: [3, 3], key: "#embedding", limit: 128 } }, { $val: 2 }] });
  expect(JSON.stringify(fused)).toContain('"query":[1,2]');
  expect(JSON.stringify(fused)).toContain('"query":[9,9]');
  expect(literal).toEqual({ $knn: { query: [2, 2] } });
  expect(embeddingFunction.calls).toEqual(["generateForQueries"]);
});

test("a function without one for queries embeds texts with the one there is", async () => {
  const { client, request } = await setUp();
  const embeddingFunction = { generate: (texts: string[]) => Promise.resolve(texts.map((text) => [text.length])) };
  const collection = await client.createCollection({ name: "things", embeddingFunction });
  await collection.search({ rank: Knn({ query: "fig" }) });
  expect(request().searches[0]?.rank).toMatchObject({ $knn: { query: [3] } });
});

test("typed arrays of the function are sent as plain ones", async () => {
  const { client, request } = await setUp();
  const embeddingFunction = { generate: () => Promise.resolve([new Float32Array([1, 2])]) };
  const collection = await client.createCollection({ name: "things", embeddingFunction });
  await collection.search({ rank: Knn({ query: "fig" }) });
  expect(request().searches[0]?.rank).toStrictEqual({ $knn: { query: [1, 2], key: "#embedding", limit: 128 } });
});

test("the caller's objects stay as they are, and what is done to them later is not sent", async () => {
  const { collection, request } = await setUp({}, new LetterCounts());
  const rank = { $sum: [{ $knn: { query: "fig" } }, { $val: 1 }] };
  const among = ["x"];
  const search: SearchLike = { rank, where: { k: { $in: among } } };
  const before = structuredClone(search);
  const sent = collection.search(search);
  expect(search).toEqual(before);
  among.push("changed");
  await sent;
  expect(rank).toEqual(before.rank);
  expect(request().searches[0]).toMatchObject({
    filter: { k: { $in: ["x"] } },
    rank: { $sum: [{ $knn: { query: [1, 2] } }, { $val: 1 }] },
  });
});

test("integers beyond 2^53 may be filtered by", async () => {
  const { collection, request } = await setUp();
  await collection.search({ where: K("n").eq(2n ** 60n) });
  expect(request().searches[0]?.filter).toEqual({ n: { $eq: 2n ** 60n } });
});

test("texts that nothing embeds, and no searches at all, are refused and not sent", async () => {
  const { client, collection, searched } = await setUp();
  const withFunction = await client.createCollection({ name: "things", embeddingFunction: new LetterCounts() });
  const text = { rank: Knn({ query: "fig" }) };
  const elsewhere = { rank: Knn({ query: "fig", key: "sparse" }) };
  const refused: [promise: () => Promise<unknown>, message: string][] = [
    [() => collection.search([]), "At least one search payload must be provided."],
    [() => collection.search(text), "No embedding function found for collection 'things'"],
    [() => collection.search(elsewhere), "'sparse'"],
    [() => withFunction.search([text, elsewhere]), "'sparse'"],
    [() => withFunction.search([]), "At least one search payload must be provided."],
  ];
  for (const [call, message] of refused) {
    const error = await thrown(call);
    expect(error).toMatchObject({ name: "ChromaValueError" });
    expect(error.message).toContain(message);
  }
  expect(searched()).toEqual([]);
});

test("a function that answers too few vectors is not believed", async () => {
  const { client } = await setUp();
  const embeddingFunction = { generate: () => Promise.resolve([[1]]) };
  const collection = await client.createCollection({ name: "things", embeddingFunction });
  const error = await thrown(() => collection.search({ rank: Knn({ query: "a" }).add(Knn({ query: "b" })) }));
  expect(error).toMatchObject({
    name: "ChromaValueError",
    message: "The embedding function answered 1 embeddings for 2 query texts",
  });
});

test("what the official client refuses is refused by collections and handles, with the same class", async () => {
  await withServer(helpfulServer, async () => {
    const { client, collection } = await setUp();
    const official = officialClient();
    const pairs = [
      [collection, await official.createCollection({ name: "things", embeddingFunction: null })],
      [client.collection(collectionJson.id), official.collection(collectionJson.id)],
    ] as const;
    const refused = [[], { rank: { $knn: { query: "x" } } }, [{}, { rank: { $knn: { query: "x", key: "y" } } }], { limit: 0 }];
    for (const [mine, theirs] of pairs) {
      for (const searches of refused as never[]) {
        const { name } = await thrown(() => theirs.search(searches));
        expect(await thrown(() => mine.search(searches))).toMatchObject({ name });
      }
    }
  });
});

test("a handle sends vectors, and takes what can be read only once", async () => {
  const { client, request } = await setUp();
  const handle = client.collection(collectionJson.id);
  await handle.search({ rank: Knn({ query: [1] }), select: new Set(["a"]).values() });
  expect(request().searches[0]).toMatchObject({ rank: { $knn: { query: [1] } }, select: { keys: ["a"] } });
});

test("columns of the engine become those of the result", async () => {
  const stored = { "#type": "sparse_vector", indices: [1], values: [2], tokens: ["x"] };
  const search: SearchColumns = {
    searches: [
      {
        ids: ["a", "b"],
        documents: ["x", null],
        embeddings: { data: new Float32Array([1, 2, 3, 4]), dimension: 2 },
        metadatas: [{ s: stored, n: 1 }, null],
        scores: new Float32Array([0.5, 2]),
        select: ["#document", "#embedding", "#metadata", "#score"],
      },
      { ids: ["c"], documents: null, embeddings: null, metadatas: null, scores: null, select: [] },
    ],
  };
  const { collection } = await setUp({ search });
  const result = await collection.search([{}, {}]);
  expect({ ...result }).toStrictEqual({
    ids: [["a", "b"], ["c"]],
    documents: [["x", null], null],
    embeddings: [[[1, 2], [3, 4]], null],
    metadatas: [[{ s: { indices: [1], values: [2] }, n: 1 }, null], null],
    scores: [[0.5, 2], null],
    select: [["#document", "#embedding", "#metadata", "#score"], []],
  });
  expect(result.rows()).toStrictEqual([
    [
      { id: "a", document: "x", embedding: [1, 2], metadata: { s: { indices: [1], values: [2] }, n: 1 }, score: 0.5 },
      { id: "b", embedding: [3, 4], score: 2 },
    ],
    [{ id: "c" }],
  ]);
});
