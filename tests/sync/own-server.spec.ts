/** Links with chromatid's own server, which tells what has changed, and has sparse vectors. */

import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "@playwright/test";
import { ChromaClient, type Collection, type Link, type LinkOptions } from "chromatid";
import { NodeDirectory, serve } from "chromatid/node";
import { createHandler, type Handler } from "chromatid/server";

import { ensureChroma } from "../../scripts/setup/python.mjs";
import { Writer } from "./support/writer";

let handler: Handler;
const clients: ChromaClient[] = [];
const directories: string[] = [];

test.beforeEach(() => {
  later = 0;
  network = new AbortController();
  handler = createHandler({ storage: "memory", insecure: true });
});

test.afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await handler.close();
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true })));
});

/** By how much the time of all replicas is later than it is, in milliseconds. */
let later = 0;

/** Between links and the server; what is under way when it is cut has no answer. */
let network = new AbortController();

async function overNetwork(answer: Promise<Response>): Promise<Response> {
  const { signal } = network;
  let fail = (): void => undefined;
  const cut = new Promise<never>((_, reject) => (fail = () => reject(new TypeError("fetch failed"))));
  signal.addEventListener("abort", fail);
  if (signal.aborted) {
    fail();
  }
  return Promise.race([answer, cut]).finally(() => signal.removeEventListener("abort", fail));
}

interface Linked {
  link: Link;
  collection: Collection;
  /** What was asked for so far, as methods and last parts of paths. */
  requests: string[];
}

async function linked(options: Partial<LinkOptions> = {}): Promise<Linked> {
  const requests: string[] = [];
  const client = new ChromaClient({ storage: "memory", name: crypto.randomUUID(), worker: false });
  clients.push(client);
  const surroundings = {
    fetch: (url: string, init: RequestInit) => {
      requests.push(`${init.method ?? "GET"} ${new URL(url).pathname.split("/").pop() ?? ""}`);
      return overNetwork(handler(new Request(url, init)));
    },
    now: () => Date.now() + later,
    elapsed: () => performance.now() + later,
  };
  await client.getOrCreateCollection({ name: "notes", embeddingFunction: null });
  const link = await client.link({ name: "notes" }, { remote: {}, interval: 0, ...options, surroundings });
  return { link, collection: await client.getCollection({ name: "notes" }), requests };
}

/** Writes as somebody does who knows nothing of links. */
async function foreign(action: "upsert" | "update" | "delete" | "get", body: object): Promise<unknown> {
  const api = "http://localhost/api/v2/tenants/default_tenant/databases/default_database/collections";
  const { id } = (await (await handler(new Request(`${api}/notes`))).json()) as { id: string };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await handler(new Request(`${api}/${id}/${action}`, init));
  expect(answer.status, action).toBe(200);
  return answer.json();
}

/** What a round asks for. */
async function asked({ link, requests }: Linked, options?: Parameters<Link["sync"]>[0]): Promise<string[]> {
  requests.splice(0);
  await link.sync(options);
  return requests.splice(0);
}

async function documentsOf({ collection }: Linked): Promise<Record<string, string | null>> {
  const { ids, documents } = await collection.get();
  return Object.fromEntries(ids.map((id, place) => [id, documents[place] ?? null]));
}

const numbered = (count: number, prefix = "id") => Array.from({ length: count }, (_, n) => `${prefix}-${String(n)}`);

function records(ids: string[], text: string) {
  return { ids, embeddings: ids.map((_, n) => [n, 1]), documents: ids.map((id) => `${id} ${text}`) };
}

test("edits, deletions and sparse vectors go through it, and an idle round is one request", async () => {
  const [one, two] = [await linked(), await linked()];
  const words = { indices: [3, 17], values: [0.5, 2] };
  await one.collection.add({
    ids: ["a", "b", "c"],
    embeddings: [[1, 0], [0, 1], [1, 1]],
    documents: ["first", "second", "third"],
    metadatas: [{ words, n: 1 }, { n: 2.5 }, { tags: ["x", "y"] }],
  });
  await one.link.sync();
  await two.link.sync();
  await two.collection.delete({ ids: ["b"] });
  await two.collection.update({ ids: ["c"], metadatas: [{ n: 3 }] });
  await two.link.sync();
  // What has just been written is read a second later.
  await expect
    .poll(async () => {
      await one.link.sync();
      const { ids, metadatas } = await one.collection.get();
      return [ids, metadatas[1]?.n];
    })
    .toEqual([["a", "c"], 3]);
  const rows = (await two.collection.get({ include: ["documents", "metadatas", "embeddings"] })).rows();
  expect((await one.collection.get({ include: ["documents", "metadatas", "embeddings"] })).rows()).toEqual(rows);
  expect(rows[0]?.metadata).toEqual({ words, n: 1 });
  expect(await one.link.status()).toMatchObject({ pending: 0, refused: [] });
  later = 65_000;
  await one.link.sync();
  const { requests } = (await one.link.status()).traffic;
  await one.link.sync();
  expect((await one.link.status()).traffic.requests - requests).toBe(1);
});

test("what others do arrives exactly, whatever it is, by one request for what has changed and one for the records", async () => {
  const one = await linked();
  await one.collection.add({ ...records(numbered(500), "at first"), metadatas: numbered(500).map((_, n) => ({ n })) });
  await one.link.sync();
  expect(await asked(one)).toEqual(["GET changes"]);

  // Its marks stay in what others write over it.
  await foreign("update", { ids: ["id-1"], documents: ["another text"] });
  await foreign("update", { ids: ["id-2"], metadatas: [{ n: null, m: 7 }] });
  await foreign("update", { ids: ["id-3"], embeddings: [[7, 7]] });
  await foreign("upsert", records(["new"], "by somebody"));
  await foreign("upsert", records(["brief"], "gone at once"));
  await foreign("delete", { ids: ["brief", "id-4"] });
  await foreign("delete", { ids: ["id-5"] });
  await foreign("upsert", records(["id-5"], "anew"));
  expect(await asked(one)).toEqual(["GET changes", "POST get", "POST get"]);
  const { ids, documents, metadatas, embeddings } = await one.collection.get({ ids: ["id-1", "id-2", "id-3", "id-4", "id-5", "new", "brief"], include: ["documents", "metadatas", "embeddings"] });
  const seen = Object.fromEntries(ids.map((id, place) => [id, [documents[place], metadatas[place], embeddings[place]]]));
  expect(seen).toEqual({
    "id-1": ["another text", { n: 1 }, [1, 1]],
    "id-2": ["id-2 at first", { m: 7 }, [2, 1]],
    "id-3": ["id-3 at first", { n: 3 }, [7, 7]],
    "id-5": ["id-5 anew", null, [0, 1]],
    new: ["new by somebody", null, [0, 1]],
  });
  expect(await one.collection.count()).toBe(500);
  expect((await one.link.journal()).map(({ id }) => id)).toEqual(["id-4"]);
  expect(await asked(one)).toEqual(["GET changes"]);
});

test("many changes cost requests by their number, not by that of records", async () => {
  const one = await linked();
  await one.collection.add(records(numbered(3_000), "at first"));
  await one.link.sync();
  await foreign("update", { ids: numbered(100), documents: numbered(100).map(() => "changed") });
  expect(await asked(one)).toEqual(["GET changes", "POST get"]);
  // Pages of what is read with vectors are of 2,000.
  await foreign("update", { ids: numbered(3_000), documents: numbered(3_000).map(() => "changed again") });
  expect(await asked(one)).toEqual(["GET changes", "POST get", "POST get"]);
  expect(new Set(Object.values(await documentsOf(one)))).toEqual(new Set(["changed again"]));
});

test("what this side has sent is not read again, and what others write over it is", async () => {
  const one = await linked();
  await one.collection.add(records(numbered(300), "at first"));
  await one.link.sync();
  await one.collection.update({ ids: ["id-7", "id-8"], documents: ["mine", "mine, too"], embeddings: [[7, 1], [8, 1]] });
  await one.collection.delete({ ids: ["id-9"] });
  await one.link.sync();
  expect(await asked(one)).toEqual(["GET changes"]);
  await one.collection.update({ ids: ["id-7"], documents: ["mine again"], embeddings: [[7, 2]] });
  await one.link.sync();
  // In one write with what somebody else has written over since.
  await foreign("update", { ids: ["id-7"], documents: ["theirs"] });
  expect(await asked(one)).toEqual(["GET changes", "POST get"]);
  expect((await documentsOf(one))["id-7"]).toBe("theirs");
});

test("edits of both sides are decided as elsewhere, deletions too", async () => {
  const [one, two] = [await linked(), await linked()];
  await one.collection.add(records(["a", "b", "c"], "at first"));
  await one.link.sync();
  await two.link.sync();
  // Deleted here and edited there, and the other way round: the later one wins.
  await one.collection.delete({ ids: ["a"] });
  await one.collection.update({ ids: ["b"], documents: ["earlier"], embeddings: [[1, 1]] });
  await new Promise((resolve) => setTimeout(resolve, 5));
  await two.collection.update({ ids: ["a"], documents: ["later"], embeddings: [[0, 1]] });
  await two.collection.delete({ ids: ["b"] });
  for (const { link } of [one, two, one, two, one]) {
    await link.sync();
  }
  expect(await documentsOf(one)).toEqual({ a: "later", c: "c at first" });
  expect(await documentsOf(two)).toEqual({ a: "later", c: "c at first" });
  expect([await asked(one), await asked(two)]).toEqual([["GET changes"], ["GET changes"]]);
});

test("part of a collection follows what matches", async () => {
  const one = await linked({ where: { kind: "note" } });
  const rows = (ids: string[], kind: string) => ({ ...records(ids, kind), metadatas: ids.map(() => ({ kind })) });
  await one.link.sync();
  await foreign("upsert", rows(["a", "b"], "note"));
  await foreign("upsert", rows(["c", "d"], "task"));
  await one.link.sync();
  expect(Object.keys(await documentsOf(one))).toEqual(["a", "b"]);
  await foreign("update", { ids: ["a"], metadatas: [{ kind: "task" }] });
  await foreign("update", { ids: ["c"], metadatas: [{ kind: "note" }] });
  await foreign("delete", { ids: ["b", "d"] });
  await one.link.sync();
  expect(Object.keys(await documentsOf(one))).toEqual(["c"]);
  expect((await foreign("get", { include: [] }) as { ids: string[] }).ids).toEqual(["a", "c"]);
});

test("a remote that has lost most of its records is asked about, and what is decided is done", async () => {
  const one = await linked();
  await one.collection.add(records(numbered(400), "at first"));
  await one.link.sync();
  await foreign("delete", { ids: numbered(200) });
  await expect(one.link.sync()).rejects.toThrow("200 of 400 records are gone");
  expect((await one.link.status()).state).toBe("remote-shrank");
  await one.link.resolve("accept");
  expect(await one.collection.count()).toBe(200);
  expect(await asked(one)).toEqual(["GET changes"]);
  await foreign("delete", { ids: numbered(400).slice(200, 390) });
  await expect(one.link.sync()).rejects.toThrow("190 of 200 records are gone");
  await one.link.resolve("restore");
  expect(((await foreign("get", { include: [] })) as { ids: string[] }).ids).toHaveLength(200);
});

test.describe("in files", () => {
  let directory = "";

  const open = (at = directory): void => {
    handler = createHandler({ storage: new NodeDirectory(at), insecure: true });
  };

  test.beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "chromatid-"));
    directories.push(directory);
    await handler.close();
    open(path.join(directory, "store"));
  });

  const restart = async (): Promise<void> => {
    await handler.close();
    open(path.join(directory, "store"));
  };

  test("a link goes on where it was when the server has been restarted, and had compacted everything", async () => {
    const one = await linked();
    await one.collection.add(records(numbered(50), "at first"));
    await one.link.sync();
    await foreign("update", { ids: ["id-1"], documents: ["before"] });
    await handler.compact();
    await restart();
    await foreign("update", { ids: ["id-2"], documents: ["after"] });
    await foreign("delete", { ids: ["id-3"] });
    await handler.compact();
    expect(await asked(one)).toEqual(["GET changes", "POST get", "POST get"]);
    expect(await documentsOf(one)).toMatchObject({ "id-1": "before", "id-2": "after" });
    expect(await one.collection.count()).toBe(49);
  });

  test("a link whose cursor is too old compares everything, and follows from then on", async () => {
    const one = await linked();
    await one.collection.add(records(numbered(50), "at first"));
    await one.link.sync();
    await one.link.sync();
    await foreign("update", { ids: ["id-1"], documents: ["changed"] });
    await foreign("delete", { ids: ["id-2"] });
    await foreign("upsert", records(["new"], "by somebody"));
    await handler.close();
    // Nothing but a server keeps a history.
    const client = new ChromaClient({ storage: new NodeDirectory(path.join(directory, "store")) });
    await client.compact();
    await client.close();
    open(path.join(directory, "store"));
    const requests = await asked(one);
    expect(requests[0]).toBe("GET changes");
    expect(requests.length).toBeLessThan(16);
    expect(await documentsOf(one)).toMatchObject({ "id-1": "changed", new: "new by somebody" });
    expect(await one.collection.count()).toBe(50);
    expect(await asked(one)).toEqual(["GET changes"]);
    await foreign("update", { ids: ["id-1"], documents: ["changed again"] });
    expect(await asked(one)).toEqual(["GET changes", "POST get"]);
  });

  test("a server that was set back gets again what it lacks, also when it has come as far on another way", async () => {
    const one = await linked();
    await one.collection.add(records(numbered(50), "at first"));
    await one.link.sync();
    await handler.close();
    await cp(path.join(directory, "store"), path.join(directory, "backup"), { recursive: true });
    open(path.join(directory, "store"));
    await one.collection.update({ ids: ["id-1"], documents: ["mine"], embeddings: [[1, 1]] });
    await one.collection.add(records(["mine"], "at last"));
    await one.link.sync();
    await one.link.sync();
    await handler.close();
    open(path.join(directory, "backup"));
    for (let n = 0; n < 20; n += 1) {
      await foreign("update", { ids: ["id-2"], documents: [`theirs ${String(n)}`] });
    }
    await one.link.sync();
    const there = (await foreign("get", { ids: ["id-1", "id-2", "mine"], include: ["documents"] })) as { ids: string[]; documents: string[] };
    expect(Object.fromEntries(there.ids.map((id, place) => [id, there.documents[place]]))).toEqual({ "id-1": "mine", "id-2": "theirs 19", mine: "mine at last" });
    expect(await documentsOf(one)).toMatchObject({ "id-1": "mine", "id-2": "theirs 19", mine: "mine at last" });
    await one.link.sync();
    expect(await asked(one)).toEqual(["GET changes"]);
  });
});

test("a change there makes a round at once, and while nothing changes nothing is asked", async () => {
  const [one, two] = [await linked({ interval: 15_000 }), await linked({ interval: 15_000 })];
  await expect.poll(() => handler.counters().waiting).toBe(2);
  await one.collection.add(records(["a"], "from one"));
  await expect.poll(() => documentsOf(two), { intervals: [10] }).toEqual({ a: "a from one" });
  await foreign("update", { ids: ["a"], documents: ["from somebody"] });
  for (const side of [one, two]) {
    await expect.poll(() => documentsOf(side), { intervals: [10] }).toEqual({ a: "from somebody" });
  }
  await expect.poll(() => handler.counters()).toMatchObject({ active: 0, waiting: 2 });
  [one, two].forEach(({ requests }) => requests.splice(0));
  await foreign("delete", { ids: ["a"] });
  await expect.poll(() => documentsOf(two), { intervals: [10] }).toEqual({});
  await expect.poll(() => documentsOf(one), { intervals: [10] }).toEqual({});
  await expect.poll(() => handler.counters()).toMatchObject({ active: 0, waiting: 2 });
  // What it was told while it waited it does not ask for: a note of the deletion, and it waits again.
  expect([one.requests, two.requests]).toEqual([["POST get", "GET changes"], ["POST get", "GET changes"]]);
  await one.link.close();
  await expect.poll(() => handler.counters().waiting).toBe(1);
});

test("a server that is away is tried again after a pause, and followed when it is back", async () => {
  const one = await linked({ interval: 15_000 });
  await expect.poll(() => handler.counters().waiting).toBe(1);
  await foreign("upsert", records(["a"], "at first"));
  await expect.poll(() => documentsOf(one), { intervals: [10] }).toEqual({ a: "a at first" });
  network.abort();
  await expect.poll(async () => (await one.link.status()).state).toBe("waiting");
  await foreign("upsert", records(["b"], "while it is away"));
  network = new AbortController();
  await expect.poll(() => documentsOf(one), { intervals: [10], timeout: 15_000 }).toEqual({ a: "a at first", b: "b while it is away" });
  await expect.poll(async () => (await one.link.status()).state).toBe("idle");
  await foreign("upsert", records(["c"], "at once"));
  await expect.poll(async () => (await documentsOf(one)).c).toBe("c at once");
});

test("a Python program that knows nothing of links is followed", async () => {
  await ensureChroma();
  const server = await serve(handler, { port: 0 });
  const python = Writer.start(server.port);
  try {
    const one = await linked({ interval: 15_000 });
    await expect.poll(() => handler.counters().waiting).toBe(1);
    await one.collection.add(records(["mine"], "from here"));
    await expect.poll(async () => (await python.tell("notes", "count")) as number).toBe(1);
    await python.tell("notes", "add", records(["py"], "from Python"));
    await python.tell("notes", "update", { ids: ["mine"], documents: ["Python's"], embeddings: [[0, 1]] });
    await expect.poll(() => documentsOf(one), { intervals: [10] }).toEqual({ mine: "Python's", py: "py from Python" });
    await python.tell("notes", "delete", { ids: ["mine"] });
    await expect.poll(() => documentsOf(one), { intervals: [10] }).toEqual({ py: "py from Python" });
  } finally {
    await python.end();
    await server.close();
  }
});
