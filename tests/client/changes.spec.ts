/** What has changed in a collection, told over HTTP: at once, or to whoever waits for it. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "@playwright/test";
import { ChromaClient } from "chromatid";
import { NodeDirectory, serve } from "chromatid/node";
import { createHandler, type Handler, type HandlerOptions, tokens } from "chromatid/server";

const DATABASE = "http://localhost/api/v2/tenants/default_tenant/databases/default_database";

interface Answer {
  changes: { id: string; seq: number; kind: "put" | "delete" }[];
  cursor: string;
  more: boolean;
}

/** A collection behind a handler. */
class Followed {
  readonly handler: Handler;
  readonly headers: Record<string, string>;
  id = "";

  constructor(options: Partial<HandlerOptions> = {}, headers: Record<string, string> = {}) {
    this.handler = createHandler({ storage: "memory", insecure: true, ...options });
    this.headers = headers;
  }

  static async make(options?: Partial<HandlerOptions>, headers?: Record<string, string>): Promise<Followed> {
    const followed = new Followed(options, headers);
    await followed.open();
    return followed;
  }

  async open(name = "things"): Promise<string> {
    const made = await this.ask("POST", "/collections", { name, get_or_create: true });
    this.id = ((await made.json()) as { id: string }).id;
    return this.id;
  }

  ask(method: string, at: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const url = DATABASE + (at.startsWith("/collections") ? at : `/collections/${this.id}${at}`);
    const headers = { ...this.headers, ...(body && { "content-type": "application/json" }) };
    return this.handler(new Request(url, { method, headers, body: body && JSON.stringify(body), signal }));
  }

  async write(...ids: string[]): Promise<Response> {
    return this.ask("POST", "/upsert", { ids, embeddings: ids.map(() => [1, 2]) });
  }

  async changes(query: Record<string, string | number> = {}, signal?: AbortSignal): Promise<Answer> {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const response = await this.ask("GET", `/changes?${search.toString()}`, undefined, signal);
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  }

  /** Asks, and settles when the request waits. */
  async waiting(after: string, signal?: AbortSignal): Promise<{ answer: Promise<Answer> }> {
    const before = this.handler.counters().waiting;
    const answer = this.changes({ after, wait: 25 }, signal);
    await expect.poll(() => this.handler.counters().waiting, { intervals: [5] }).toBe(before + 1);
    return { answer };
  }
}

test("the pre-flight checks tell of it, beside what clients of Chroma know", async () => {
  for (const [limits, wait] of [
    [{}, 25],
    [{ waitSeconds: 7 }, 7],
    [{ waitSeconds: 0 }, 0],
    // A request that takes longer is given up.
    [{ milliseconds: 10_000 }, 5],
    [{ milliseconds: 0 }, 25],
  ] as const) {
    const { handler } = new Followed({ limits });
    const told = (await (await handler(new Request("http://localhost/api/v2/pre-flight-checks"))).json()) as object;
    expect(told).toEqual({ max_batch_size: 5461, supports_base64_encoding: true, chromatid: { changes: 1, wait } });
    await handler.close();
  }
});

test("a write tells its number, by which whoever made it knows it again", async () => {
  const followed = await Followed.make({ cors: { origins: "*" } }, { origin: "https://example.com" });
  const { cursor } = await followed.changes();
  const written = await followed.write("a");
  expect(written.headers.get("access-control-expose-headers")).toContain("chromatid-write");
  const seq = Number(written.headers.get("chromatid-write"));
  expect((await followed.changes({ after: cursor })).changes).toEqual([{ id: "a", seq, kind: "put" }]);
  await followed.handler.close();
});

test("all who wait are told of a write to their collection, and nobody of one to another", async () => {
  const followed = await Followed.make();
  const things = followed.id;
  const { cursor } = await followed.changes();
  const waits = [await followed.waiting(cursor), await followed.waiting(cursor), await followed.waiting(cursor)];
  await followed.open("others");
  const start = await followed.changes();
  const other = await followed.waiting(start.cursor);
  await followed.write("x");
  expect((await other.answer).changes.map(({ id }) => id)).toEqual(["x"]);
  expect(followed.handler.counters().waiting).toBe(3);
  followed.id = things;
  const asked = followed.handler.counters().requests;
  await followed.write("a", "b");
  for (const { answer } of waits) {
    expect((await answer).changes.map(({ id }) => id)).toEqual(["a", "b"]);
  }
  expect(followed.handler.counters()).toMatchObject({ requests: asked + 1, waiting: 0 });
  await followed.handler.close();
});

test("who waits takes no place among those under way, and only so many wait", async () => {
  const followed = await Followed.make({ limits: { concurrency: 1, waiting: 2 } });
  const { cursor } = await followed.changes();
  const one = await followed.waiting(cursor);
  const two = await followed.waiting(cursor);
  expect(followed.handler.counters()).toMatchObject({ active: 0, waiting: 2 });
  const third = await followed.ask("GET", `/changes?after=${cursor}&wait=25`);
  expect([third.status, third.headers.get("retry-after")]).toEqual([429, "30"]);
  // What does not wait is answered.
  expect((await followed.changes({ after: cursor })).changes).toEqual([]);
  await followed.write("a");
  expect((await one.answer).changes.map(({ id }) => id)).toEqual(["a"]);
  expect((await two.answer).changes.map(({ id }) => id)).toEqual(["a"]);
  expect(followed.handler.counters()).toMatchObject({ active: 0, waiting: 0 });
  await followed.handler.close();
});

test("who goes away waits no longer", async () => {
  const followed = await Followed.make();
  const { cursor } = await followed.changes();
  const going = new AbortController();
  await followed.waiting(cursor, going.signal);
  going.abort();
  await expect.poll(() => followed.handler.counters().waiting, { intervals: [5] }).toBe(0);
  await followed.handler.close();
});

test("nor does one whose connection to a port is closed", async () => {
  const followed = await Followed.make();
  const server = await serve(followed.handler, { port: 0 });
  const { cursor } = await followed.changes();
  const going = new AbortController();
  const at = `${server.url}/api/v2/tenants/default_tenant/databases/default_database/collections/${followed.id}/changes?after=${cursor}&wait=25`;
  const asked = fetch(at, { signal: going.signal }).catch((error: unknown) => (error as Error).name);
  await expect.poll(() => followed.handler.counters().waiting, { intervals: [5] }).toBe(1);
  going.abort();
  expect(await asked).toBe("AbortError");
  await expect.poll(() => followed.handler.counters().waiting, { intervals: [5] }).toBe(0);
  await server.close();
});

test("a server that closes lets everybody go with an answer", async () => {
  const followed = await Followed.make();
  const { cursor } = await followed.changes();
  const { answer } = await followed.waiting(cursor);
  await followed.handler.close();
  expect(await answer).toEqual({ changes: [], cursor, more: false });
});

test("who waits until the end of the time is told that nothing has changed", async () => {
  const followed = await Followed.make({ limits: { waitSeconds: 1 } });
  const { cursor } = await followed.changes();
  expect(await followed.changes({ after: cursor, wait: 25 })).toEqual({ changes: [], cursor, more: false });
  await followed.handler.close();
});

test("it is for those who may read records", async () => {
  const authorize = tokens([
    { token: "reader", actions: ["collection:get"] },
    { token: "counter", actions: ["collection:count", "db:*"] },
  ]);
  const followed = new Followed({ insecure: false, authorize }, { "x-chroma-token": "counter" });
  await followed.open();
  expect((await followed.ask("GET", "/changes")).status).toBe(403);
  followed.headers["x-chroma-token"] = "reader";
  expect((await followed.ask("GET", "/changes")).status).toBe(200);
  followed.headers["x-chroma-token"] = "nobody";
  expect((await followed.ask("GET", "/changes")).status).toBe(401);
  await followed.handler.close();
});

test("a history goes on in files, and ends where something else than a server has compacted them", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "chromatid-"));
  try {
    const open = (): Promise<Followed> => Followed.make({ storage: new NodeDirectory(directory) });
    let followed = await open();
    const { cursor } = await followed.changes();
    await followed.write("a");
    await followed.handler.compact();
    await followed.handler.close();
    followed = await open();
    await followed.write("b");
    await followed.handler.compact();
    const { changes, cursor: later } = await followed.changes({ after: cursor });
    expect(changes.map(({ id }) => id)).toEqual(["a", "b"]);
    await followed.handler.close();

    const client = new ChromaClient({ storage: new NodeDirectory(directory) });
    await (await client.getCollection({ name: "things" })).add({ ids: ["c"], embeddings: [[3, 4]] });
    // It is still in the log, and told.
    await client.close();
    followed = await open();
    expect((await followed.changes({ after: later })).changes.map(({ id }) => id)).toEqual(["c"]);
    await followed.handler.close();

    const again = new ChromaClient({ storage: new NodeDirectory(directory) });
    await again.compact();
    await again.close();
    followed = await open();
    expect((await followed.ask("GET", `/changes?after=${later}`)).status).toBe(410);
    const { cursor: last } = await followed.changes();
    await followed.write("d");
    await followed.handler.compact();
    expect((await followed.changes({ after: last })).changes.map(({ id }) => id)).toEqual(["d"]);
    expect((await followed.ask("GET", `/changes?after=${later}`)).status).toBe(410);
    await followed.handler.close();
  } finally {
    await rm(directory, { recursive: true });
  }
});
