/** Linked collections that are read from both sides: what is here counts for what is here, the rest comes from there. */

import { expect, test } from "@playwright/test";
import { ChromaClient, type Collection, type Link, type LinkOptions } from "chromatid";
import { createHandler, type Handler } from "chromatid/server";

import { seededRandom } from "../client/support/random";

const N = 400;

let handler: Handler;
let isCut = false;
let requests = 0;
const clients: ChromaClient[] = [];

const surroundings: LinkOptions["surroundings"] = {
  fetch: (url, init) => {
    requests += 1;
    return isCut ? Promise.reject(new TypeError("fetch failed")) : handler(new Request(url, init));
  },
};

test.beforeEach(() => {
  isCut = false;
  handler = createHandler({ storage: "memory", insecure: true });
});

test.afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await handler.close();
});

/** A store with a link; what it reads in each way. */
async function linked(options: Partial<LinkOptions> = {}) {
  const client = new ChromaClient({ storage: "memory", name: crypto.randomUUID(), worker: false });
  clients.push(client);
  await client.getOrCreateCollection({ name: "notes", embeddingFunction: null });
  const link = await client.link({ name: "notes" }, { remote: {}, interval: 0, surroundings, ...options });
  const of = (source: "local" | "remote" | "auto") => client.getCollection({ name: "notes", source });
  return { client, link, local: await of("local"), remote: await of("remote"), auto: await of("auto") };
}

interface Item {
  id: string;
  embedding: number[];
  text: string;
  n: number;
  kind: string;
}

const random = seededRandom(7);

const item = (n: number, text = `text ${String(n)}`): Item => ({
  id: `r${String(n)}`,
  embedding: [random(), random(), random()].map(Math.fround),
  text,
  n,
  kind: n % 4 === 0 ? "here" : "there",
});

const columns = (items: Item[]) => ({
  ids: items.map(({ id }) => id),
  embeddings: items.map(({ embedding }) => embedding),
  documents: items.map(({ text }) => text),
  metadatas: items.map(({ n, kind }) => ({ n, kind })),
});

/** A remote that somebody has filled, and a link that keeps a quarter of it here and has edits that were not sent. */
async function partial() {
  const writer = await linked();
  const items = new Map(Array.from({ length: N }, (_, n) => item(n)).map((one) => [one.id, one]));
  await writer.local.add(columns([...items.values()]));
  await writer.link.sync();
  const reader = await linked({ where: { kind: "here" } });
  await reader.link.sync();
  expect(await reader.local.count()).toBe(N / 4);
  // A new record, one that moved far away, one that came near, one that is deleted: none of them sent.
  const edited = [item(1000), { ...item(0, "moved"), embedding: [90, 90, 90] }, { ...item(4, "near"), embedding: [0.5, 0.5, 0.5] }];
  await reader.local.upsert(columns(edited));
  await reader.local.delete({ ids: ["r8"] });
  edited.forEach((one) => items.set(one.id, one));
  items.delete("r8");
  return { ...reader, items: [...items.values()] };
}

const nearest = (items: Item[], query: number[], k: number): string[] =>
  items
    .map(({ id, embedding }) => ({ id, distance: embedding.reduce((sum, value, at) => sum + (value - query[at]!) ** 2, 0) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, k)
    .map(({ id }) => id);

test("what is not here is found there, among what is here", async () => {
  const { auto, items } = await partial();
  const queries = Array.from({ length: 20 }, () => [random(), random(), random()]);
  const { ids, distances, documents, metadatas } = await auto.query({ queryEmbeddings: queries, nResults: 10 });
  queries.forEach((query, at) => expect(ids[at], `query ${String(at)}`).toEqual(nearest(items, query, 10)));
  expect(distances.every((list) => list.every((distance, at) => at === 0 || distance! >= list[at - 1]!))).toBe(true);
  const byId = new Map(items.map((one) => [one.id, one]));
  ids.flat().forEach((id, at) => {
    expect(documents.flat()[at]).toBe(byId.get(id)?.text);
    expect(metadatas.flat()[at], "without the marks of links").toEqual({ n: byId.get(id)?.n, kind: byId.get(id)?.kind });
  });
  const odd = await auto.query({ queryEmbeddings: [[0.5, 0.5, 0.5]], nResults: 5, where: { n: { $lt: 50 } } });
  expect(odd.ids[0]).toEqual(nearest(items.filter(({ n }) => n < 50), [0.5, 0.5, 0.5], 5));
});

test("many that are deleted here do not hide what is there", async () => {
  const { auto, local, items } = await partial();
  const gone = new Set(nearest(items.filter(({ kind }) => kind === "here"), [0.5, 0.5, 0.5], 60));
  await local.delete({ ids: [...gone] });
  const { ids } = await auto.query({ queryEmbeddings: [[0.5, 0.5, 0.5]], nResults: 50 });
  expect(ids[0]).toEqual(nearest(items.filter(({ id }) => !gone.has(id)), [0.5, 0.5, 0.5], 50));
});

test("pages of both sides are everything once", async () => {
  const { auto, items } = await partial();
  expect(await auto.count()).toBe(items.length);
  const seen: string[] = [];
  for (let offset = 0; ; offset += 37) {
    const page = await auto.get({ limit: 37, offset, include: ["documents"] });
    seen.push(...page.ids);
    page.ids.forEach((id, at) => expect(page.documents[at]).toBe(items.find((one) => one.id === id)?.text));
    if (page.ids.length < 37) {
      break;
    }
  }
  expect(seen.toSorted()).toEqual(items.map(({ id }) => id).toSorted());
  expect((await auto.get({ ids: ["r1", "r4", "r8"] })).rows().map(({ id, document }) => [id, document])).toEqual([["r4", "near"], ["r1", "text 1"]]);
});

test("the remote alone has what was sent", async () => {
  const { remote } = await partial();
  expect(await remote.count()).toBe(N);
  const { ids, metadatas } = await remote.get({ ids: ["r8", "r1000"], include: ["metadatas"] });
  expect([ids, metadatas]).toEqual([["r8"], [{ n: 8, kind: "here" }]]);
});

test("without a network auto has what is here, and the remote is told to be missing", async () => {
  const { auto, remote, local } = await partial();
  isCut = true;
  expect(await auto.count()).toBe(await local.count());
  expect((await auto.query({ queryEmbeddings: [[0.5, 0.5, 0.5]], nResults: 1 })).ids).toEqual([["r4"]]);
  await expect(remote.count()).rejects.toMatchObject({ name: "ChromaConnectionError" });
});

test("a link that is complete asks nobody", async () => {
  const { auto, link } = await linked();
  await auto.add(columns([item(1)]));
  await link.sync();
  const before = requests;
  expect(await auto.count()).toBe(1);
  expect((await auto.query({ queryEmbeddings: [[1, 1, 1]], nResults: 1 })).ids).toEqual([["r1"]]);
  expect(requests).toBe(before);
});

test("a link that has to be opened is said so", async () => {
  const { client, link, auto }: { client: ChromaClient; link: Link; auto: Collection } = await linked();
  await link.close();
  await expect(auto.count()).rejects.toThrow("has no open link");
  await expect(client.getCollection({ name: "notes", source: "there" as never })).rejects.toThrow('Expected "source"');
});
