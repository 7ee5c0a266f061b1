/** The example of a Cloudflare Worker, used by the official client: a Durable Object for each database. */

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { AdminClient, ChromaClient } from "chromadb";

import { type Edge, expect, test } from "./fixtures";

const TOKENS = JSON.stringify([
  { token: "all" },
  { token: "acme", tenant: "acme", databases: ["docs"] },
  { token: "reader", actions: ["collection:get*", "collection:query", "collection:count", "db:list_collections"] },
]);

async function place(edge: Edge, token = "all") {
  const { hostname, port } = await edge.url();
  return { host: hostname, port: Number(port), ssl: false, headers: { "x-chroma-token": token } };
}

async function clientOf(edge: Edge, options: { token?: string; tenant?: string; database?: string } = {}) {
  const { token, ...rest } = options;
  return new ChromaClient({ ...(await place(edge, token)), ...rest });
}

const SMALL = { ids: ["a", "b", "c"], embeddings: [[1, 0], [0, 1], [1, 1]], documents: ["one", "two", "three"] };

/** What a script may have on the platform's free plan, its modules compressed. */
const FREE_SCRIPT_BYTES = 3_000_000;

test("the script with its modules is small enough for everybody", async ({ script }) => {
  const { modules } = await script("server");
  const sizes = modules.map(({ path }) => gzipSync(readFileSync(path)).byteLength);
  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(FREE_SCRIPT_BYTES);
});

const PLACES: [string, Record<string, string>][] = [
  ["blocks in the object", { TOKENS }],
  ["blocks in a bucket", { TOKENS, IN_BUCKET: "yes" }],
];

for (const [where, bindings] of PLACES) {
  test(`collections are there after the process has ended: ${where}`, async ({ start }) => {
    const edge = await start("server", bindings);
    const client = await clientOf(edge);
    const collection = await client.createCollection({ name: "things", embeddingFunction: null });
    await collection.add(SMALL);
    expect(await client.getMaxBatchSize()).toBe(1000);
    expect((await collection.query({ queryEmbeddings: [[1, 0.1]], nResults: 2 })).ids).toEqual([["a", "c"]]);
    await edge.stop();

    const again = await (await clientOf(await start("server", bindings))).getCollection({ name: "things" });
    expect(await again.count()).toBe(3);
    await again.delete({ ids: ["a"] });
    expect((await again.get()).ids).toEqual(["b", "c"]);
  });
}

test("databases are objects of their own, and one that is deleted leaves nothing", async ({ start }) => {
  const edge = await start("server", { TOKENS });
  const admin = new AdminClient(await place(edge));
  await admin.createTenant({ name: "acme" });
  await admin.createDatabase({ tenant: "acme", name: "docs" });
  const docs = await clientOf(edge, { tenant: "acme", database: "docs" });
  const other = await clientOf(edge);
  await (await docs.createCollection({ name: "things", embeddingFunction: null })).add(SMALL);
  expect(await other.countCollections()).toBe(0);
  expect(await docs.countCollections()).toBe(1);

  await admin.deleteDatabase({ tenant: "acme", name: "docs" });
  expect(await docs.countCollections()).toBe(0);
  await expect(docs.createCollection({ name: "things", embeddingFunction: null })).rejects.toThrow("Database [docs] does not exist");
  await admin.createDatabase({ tenant: "acme", name: "docs" });
  expect(await docs.countCollections()).toBe(0);
});

test("a collection is found by its resource name, in the object of its database", async ({ start }) => {
  const edge = await start("server", { TOKENS });
  const { href } = await edge.url();
  const admin = new AdminClient(await place(edge));
  await admin.createTenant({ name: "acme" });
  await admin.createDatabase({ tenant: "acme", name: "docs" });
  const docs = await clientOf(edge, { tenant: "acme", database: "docs" });
  const { id } = await docs.createCollection({ name: "things", embeddingFunction: null });
  const headers = { "x-chroma-token": "all", "content-type": "application/json" };
  const ask = async (crn: string, token = "all") => {
    const response = await fetch(new URL(`/api/v2/collections/${crn}`, href), { headers: { ...headers, "x-chroma-token": token } });
    return { status: response.status, id: ((await response.json()) as { id?: string }).id };
  };
  expect(await ask("acme:docs:things")).toEqual({ status: 200, id });
  await fetch(new URL("/api/v2/tenants/acme", href), { method: "PATCH", headers, body: '{"resource_name":"corp"}' });
  expect(await ask("corp:docs:things")).toEqual({ status: 200, id });
  expect(await ask("corp:docs:none")).toEqual({ status: 404, id: undefined });
  expect(await ask("corp:none:things")).toEqual({ status: 404, id: undefined });
  expect((await ask("corp:docs:things", "reader")).status).toBe(200);
  expect((await ask("corp:docs:things", "wrong")).status).toBe(401);
});

test("a reset leaves nothing in any object, and is refused where it is not allowed", async ({ start }) => {
  const edge = await start("open");
  const client = await clientOf(edge);
  await (await client.createCollection({ name: "things", embeddingFunction: null })).add(SMALL);
  await client.reset();
  expect(await client.countCollections()).toBe(0);
  await (await client.createCollection({ name: "others", embeddingFunction: null })).add(SMALL);
  await edge.stop();
  const again = await start("open");
  expect((await (await clientOf(again)).listCollections()).map(({ name }) => name)).toEqual(["others"]);

  // Two processes never hold the files of one object.
  await again.stop();
  const guarded = await start("server", { TOKENS });
  await expect((await clientOf(guarded)).reset()).rejects.toThrow();
  expect(await (await clientOf(guarded)).countCollections()).toBe(1);
});

test("a token lets in where it says, and nobody comes in without one", async ({ start }) => {
  const edge = await start("server", { TOKENS });
  const admin = new AdminClient(await place(edge));
  await admin.createTenant({ name: "acme" });
  await admin.createDatabase({ tenant: "acme", name: "docs" });

  await expect((await clientOf(edge, { token: "wrong" })).listCollections()).rejects.toThrow("Unauthorized");
  const acme = await clientOf(edge, { token: "acme", tenant: "acme", database: "docs" });
  await acme.createCollection({ name: "things", embeddingFunction: null });
  await expect((await clientOf(edge, { token: "acme" })).listCollections()).rejects.toThrow();
  const reader = await clientOf(edge, { token: "reader", tenant: "acme", database: "docs" });
  expect(await reader.listCollections()).toHaveLength(1);
  await expect(reader.createCollection({ name: "more", embeddingFunction: null })).rejects.toThrow("permission");

  const { href } = await edge.url();
  expect((await fetch(new URL("/api/v2/version", href))).status).toBe(200);
  expect((await fetch(new URL("/api/v2/tenants/acme", href))).status).toBe(401);
});

test("a Worker without tokens lets nobody in", async ({ start }) => {
  const { href } = await (await start("server")).url();
  for (const path of ["/api/v2/heartbeat", "/api/v2/tenants/default_tenant/databases/default_database/collections"]) {
    expect((await fetch(new URL(path, href))).status).toBe(401);
  }
});

test("what objects tell each other nobody else can", async ({ start }) => {
  const edge = await start("server", { TOKENS });
  const client = await clientOf(edge);
  await client.createCollection({ name: "things", embeddingFunction: null });
  for (const path of ["erase", "knows?tenant=default_tenant&database=default_database", "named?tenant=default_tenant&resource=mine"]) {
    expect((await edge.fetch(`https://object.internal/${path}`, { method: "POST" })).status).toBe(404);
  }
  expect(await client.countCollections()).toBe(1);
});

test("an alarm does the work in the background", async ({ start }) => {
  const edge = await start("server", { TOKENS });
  const client = await clientOf(edge);
  const collection = await client.createCollection({ name: "things", embeddingFunction: null });
  const count = 200;
  await collection.add({
    ids: Array.from({ length: count }, (_, place) => `r${place}`),
    embeddings: Array.from({ length: count }, (_, place) => [Math.sin(place), Math.cos(place)]),
  });
  expect((await collection.getIndexingStatus()).op_indexing_progress).toBe(0);
  await expect
    .poll(async () => (await collection.getIndexingStatus()).op_indexing_progress, { timeout: 30_000, intervals: [1_000] })
    .toBe(1);
});

test("who follows a collection is told at once, and goes on after the process has ended", async ({ start }) => {
  const asking = async (edge: Edge) => {
    const { href } = await edge.url();
    return async (path: string, body?: object): Promise<{ changes: { id: string; kind: string }[]; cursor: string; id: string }> => {
      const headers = { "x-chroma-token": "all", ...(body && { "content-type": "application/json" }) };
      const answer = await fetch(new URL(`/api/v2/tenants/default_tenant/databases/default_database/collections${path}`, href), {
        method: body ? "POST" : "GET",
        headers,
        body: body && JSON.stringify(body),
      });
      expect(answer.ok, await answer.clone().text()).toBe(true);
      return (await answer.json()) as never;
    };
  };
  const edge = await start("server", { TOKENS });
  const ask = await asking(edge);
  const { id } = await ask("", { name: "things", get_or_create: true });
  const { cursor } = await ask(`/${id}/changes`);
  // Two wait; the object answers others meanwhile.
  const waiting = [ask(`/${id}/changes?after=${cursor}&wait=20`), ask(`/${id}/changes?after=${cursor}&wait=20`)];
  expect(await ask(`/${id}/changes?after=${cursor}`)).toEqual({ changes: [], cursor, more: false });
  await ask(`/${id}/upsert`, { ids: ["a"], embeddings: [[1, 0]] });
  for (const answer of await Promise.all(waiting)) {
    expect(answer.changes).toMatchObject([{ id: "a", kind: "put" }]);
  }
  expect((await ask(`/${id}/changes?after=${cursor}&wait=1`)).changes).toHaveLength(1);
  const { cursor: later } = await ask(`/${id}/changes`);
  expect(await ask(`/${id}/changes?after=${later}&wait=1`)).toEqual({ changes: [], cursor: later, more: false });
  await edge.stop();

  const again = await asking(await start("server", { TOKENS }));
  await again(`/${id}/delete`, { ids: ["a"] });
  expect((await again(`/${id}/changes?after=${later}&wait=20`)).changes).toMatchObject([{ id: "a", kind: "delete" }]);
  expect((await again(`/${id}/changes?after=${cursor}`)).changes).toMatchObject([{ id: "a", kind: "delete" }]);
});
