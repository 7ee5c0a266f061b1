/** What a link promises, one promise at a time, with a model of the server. */

import { expect, test } from "@playwright/test";

import { NAME, type ReplicaUnderTest, sorted, World } from "./support/world";

let world: World;
test.beforeEach(() => {
  world = new World(1);
});
test.afterEach(() => world.end());

const record = (n: number, text = `text ${String(n)}`) => ({
  ids: [`id-${String(n)}`],
  embeddings: [[n, 1, 0.5]],
  documents: [text],
  metadatas: [{ n, half: n + 0.5, big: n % 2 === 0 }],
});

/** Both sides, and all replicas, have the same. */
async function expectAgreement(...replicas: ReplicaUnderTest[]): Promise<void> {
  for (const replica of replicas) {
    expect(sorted(await replica.seen()), replica.name).toEqual(sorted(world.remote()));
  }
}

test("what is written here arrives there, and the other way round", async () => {
  const one = await world.replica();
  await one.collection.add(record(1));
  await one.collection.add(record(2));
  await one.link.sync();
  expect(world.remote().size).toBe(2);
  const two = await world.replica();
  await two.link.sync();
  await expectAgreement(one, two);
  await two.collection.upsert(record(2, "another text"));
  await two.collection.delete({ ids: ["id-1"] });
  await two.link.sync();
  await world.time.pass(5_000);
  await one.link.sync();
  expect([...(await one.seen()).values()].map(({ document }) => document)).toEqual(["another text"]);
  await expectAgreement(one, two);
  expect(await one.link.status()).toMatchObject({ state: "idle", pending: 0, isComplete: true });
});

test("foreign writers are seen: what they insert, delete and change", async () => {
  const one = await world.replica();
  await one.collection.add(record(1));
  await one.collection.add(record(2));
  await one.link.sync();
  await world.time.pass(5_000);
  await world.foreign("add", { ids: ["py"], embeddings: [[1, 2, 3]], documents: ["from Python"], metadatas: [{ f: 1 }] });
  await world.foreign("delete", { ids: ["id-1"] });
  await one.link.sync();
  expect([...(await one.seen()).keys()].sort()).toEqual(["id-2", "py"]);
  await world.foreign("update", { ids: ["id-2"], documents: ["changed by Python"] });
  await one.link.sync({ full: true });
  expect((await one.seen()).get("id-2")?.document).toBe("changed by Python");
  await expectAgreement(one);
  expect((await one.link.journal()).map(({ id }) => id)).toEqual(["id-1"]);
});

test("edits made apart: the later one wins, the other one is in the journal", async () => {
  const [one, two] = [await world.replica(), await world.replica()];
  await one.collection.add(record(1));
  await one.link.sync();
  await two.link.sync();
  await world.time.pass(5_000);
  await one.collection.upsert(record(1, "earlier"));
  await world.time.pass(5_000);
  await two.collection.upsert(record(1, "later"));
  await two.link.sync();
  await world.time.pass(5_000);
  const decided: string[] = [];
  one.link.on("conflict", ({ id, winner }) => decided.push(`${id} ${winner}`));
  await one.link.sync();
  expect((await one.seen()).get("id-1")?.document).toBe("later");
  expect(decided).toEqual(["id-1 remote"]);
  const [lost] = await one.link.journal();
  expect(lost).toMatchObject({ id: "id-1", side: "local", record: { document: "earlier" } });
  await one.link.restore(lost?.key ?? "");
  await world.settle();
  expect(world.remote().get("id-1")?.document).toBe("earlier");
  await expectAgreement(one, two);
});

test("keys that are removed stay removed, and documents too", async () => {
  const [one, two] = [await world.replica(), await world.replica()];
  await one.collection.add(record(1));
  await one.collection.add(record(2));
  await world.settle();
  await one.collection.update({ ids: ["id-1"], metadatas: [{ half: null, n: "a text now" }] });
  await one.collection.delete({ ids: ["id-2"] });
  await one.collection.add({ ids: ["id-2"], embeddings: [[9, 9, 9]] });
  await world.settle();
  expect(world.remote().get("id-1")?.metadata).toEqual({ n: "a text now", big: false });
  expect(world.remote().get("id-2")).toEqual({ document: null, metadata: null, embedding: [9, 9, 9] });
  await expectAgreement(one, two);
});

test("an idle round asks for next to nothing, and a hundred changes cost few requests", async () => {
  const one = await world.replica();
  const ids = Array.from({ length: 2_000 }, (_, n) => `id-${String(n)}`);
  await one.collection.add({ ids, embeddings: ids.map((_, n) => [n, 1, 2]), documents: ids });
  await one.link.sync();
  await world.time.pass(120_000);
  await one.link.sync();
  await world.time.pass(20_000);
  const { requests, received } = (await one.link.status()).traffic;
  await one.link.sync();
  const idle = (await one.link.status()).traffic;
  expect(idle.requests - requests).toBeLessThanOrEqual(4);
  expect(idle.received - received).toBeLessThan(2_000);
  const changed = ids.slice(0, 100);
  await one.collection.update({ ids: changed, metadatas: changed.map((id) => ({ again: id })) });
  await world.time.pass(20_000);
  await one.link.sync();
  const after = (await one.link.status()).traffic;
  expect(after.requests - idle.requests).toBeLessThanOrEqual(8);
  expect(world.remote().get("id-7")?.metadata).toEqual({ again: "id-7" });
});

test("a partial link holds what matches, and deletes nothing that it does not hold", async () => {
  const all = await world.replica();
  for (let n = 0; n < 6; n += 1) {
    await all.collection.add(record(n));
  }
  await all.link.sync();
  const even = await world.replica({ where: { big: true } });
  await even.link.sync();
  expect([...(await even.seen()).keys()].sort()).toEqual(["id-0", "id-2", "id-4"]);
  await all.collection.update({ ids: ["id-2"], metadatas: [{ big: false }] });
  await all.collection.update({ ids: ["id-3"], metadatas: [{ big: true }] });
  await all.link.sync();
  await world.time.pass(65_000);
  await even.link.sync();
  expect([...(await even.seen()).keys()].sort()).toEqual(["id-0", "id-3", "id-4"]);
  expect(world.remote().size).toBe(6);
  await even.collection.delete({ ids: ["id-4"] });
  await even.link.sync();
  await world.settle();
  expect([...world.remote().keys()].sort()).toEqual(["id-0", "id-1", "id-2", "id-3", "id-5"]);
});

test("a remote that has lost most of its records is asked about", async () => {
  const one = await world.replica();
  const ids = Array.from({ length: 300 }, (_, n) => `id-${String(n)}`);
  await one.collection.add({ ids, embeddings: ids.map((_, n) => [n, 1, 2]) });
  await one.link.sync();
  await world.foreign("delete", { ids: ids.slice(0, 250) });
  await world.time.pass(65_000);
  await expect(one.link.sync()).rejects.toThrow(/are gone from the remote/);
  expect((await one.link.status()).state).toBe("remote-shrank");
  expect((await one.seen()).size).toBe(300);
  await one.link.resolve("restore");
  expect(world.remote().size).toBe(300);
  await world.foreign("delete", { ids: ids.slice(0, 250) });
  await world.time.pass(65_000);
  await expect(one.link.sync()).rejects.toThrow(/are gone from the remote/);
  await one.link.resolve("accept");
  expect((await one.seen()).size).toBe(50);
});

test("a remote that was set back gets again what it lacks", async () => {
  const one = await world.replica();
  await one.collection.add(record(1));
  await one.link.sync();
  const backup = world.model.backup();
  await one.collection.add(record(2));
  await one.link.sync();
  await one.link.close();
  world.model.restore(backup);
  await one.open();
  await world.time.pass(65_000);
  await one.link.sync();
  expect([...world.remote().keys()].sort()).toEqual(["id-1", "id-2"]);
  await expectAgreement(one);
});

test("a remote collection that was replaced waits for a decision", async () => {
  const one = await world.replica();
  await one.collection.add(record(1));
  await one.link.sync();
  const path = "http://model/api/v2/tenants/default_tenant/databases/default_database/collections";
  await world.server.fetch(`${path}/${NAME}`, { method: "DELETE" });
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: NAME }) };
  await world.server.fetch(path, request);
  await world.foreign("add", { ids: ["new"], embeddings: [[1, 2, 3]] });
  await world.time.pass(65_000);
  await expect(one.link.sync()).rejects.toThrow();
  await expect(one.link.sync()).rejects.toThrow(/is another one than before/);
  expect((await one.link.status()).state).toBe("relink-required");
  expect((await one.seen()).size).toBe(1);
  await one.link.resolve("merge");
  expect([...world.remote().keys()].sort()).toEqual(["id-1", "new"]);
  await expectAgreement(one);
});

test("a copy goes there and comes back whole, without a link", async () => {
  const one = await world.replica();
  const surroundings = { fetch: world.fetch as never };
  await one.client.unlink({ name: NAME });
  const ids = Array.from({ length: 4_500 }, (_, n) => `id-${String(n)}`);
  await one.collection.add({ ids, embeddings: ids.map((_, n) => [n, 1, 2]), documents: ids, metadatas: ids.map((_, n) => ({ n, half: n + 0.5 })) });
  const seen: number[] = [];
  const options = { remote: {}, collection: "copy", surroundings };
  expect(await one.collection.pushTo({ ...options, onProgress: (records) => seen.push(records) })).toBe(4_500);
  expect(seen).toEqual([2_000, 4_000, 4_500]);
  expect([...(world.server.records("copy")?.[0]?.metadata.keys() ?? [])].sort()).toEqual(["half", "n"]);
  const back = await one.client.createCollection({ name: "back", embeddingFunction: null });
  await back.add({ ids: ["id-7"], embeddings: [[0, 0, 0]], metadatas: [{ old: true }] });
  expect(await back.pullFrom(options)).toBe(4_500);
  expect(await back.count()).toBe(4_500);
  expect((await back.get({ ids: ["id-7"], include: ["metadatas", "embeddings"] })).rows()[0]).toMatchObject({
    metadata: { n: 7, half: 7.5 },
    embedding: [7, 1, 2],
  });
  expect((await back.get({ where: { half: { $gt: 4_490 } } })).ids).toHaveLength(10);
});

test("where operations are counted, an idle round is one request, and what comes while one ends is seen by the next", async () => {
  let operations = 0;
  let arriving: (() => Promise<void>) | undefined;
  const { fetch } = world;
  world.fetch = async (url, init) => {
    if (url.endsWith("/indexing_status")) {
      return Response.json({ total_ops: operations });
    }
    operations += /\/(upsert|update|delete)$/.test(url) ? (JSON.parse(init?.body ?? "{}") as { ids: string[] }).ids.length : 0;
    const answer = await fetch(url, init);
    if (url.endsWith("/count") && arriving) {
      // Nothing that this round still asks for tells of it.
      const arrive = arriving;
      arriving = undefined;
      await arrive();
    }
    return answer;
  };
  const one = await world.replica();
  await one.collection.add(record(1));
  await one.link.sync();
  await world.time.pass(65_000);
  await one.collection.add(record(2));
  arriving = async () => {
    await world.foreign("update", { ids: ["id-1"], documents: ["changed by Python"] });
    operations += 1;
  };
  await one.link.sync();
  expect(arriving).toBeUndefined();
  for (let round = 0; round < 3; round += 1) {
    await world.time.pass(65_000);
    await one.link.sync();
  }
  expect((await one.seen()).get("id-1")?.document).toBe("changed by Python");
  const { requests } = (await one.link.status()).traffic;
  await world.time.pass(15_000);
  await one.link.sync();
  expect((await one.link.status()).traffic.requests - requests).toBe(1);
});

test("more records of one stamp than a request asks for are read all the same", async () => {
  const one = await world.replica();
  await one.collection.add(record(1));
  await one.link.sync();
  await world.time.pass(65_000);
  const sent = (world.time.now() - 5_000) * 2_048;
  const ids = Array.from({ length: 5_100 }, (_, n) => `copy-${String(n)}`);
  // As a script does that copies a record with its metadata.
  const marks = { _cid_v: 1, _cid_s: sent, _cid_h: sent, _cid_o: "elsewhere:0123456789abcdef" };
  await world.foreign("add", { ids, embeddings: ids.map(() => [1, 2, 3]), metadatas: ids.map(() => marks) });
  await one.link.sync();
  expect(await one.collection.count()).toBe(5_101);
});

test("who only pulls takes what is there, an earlier version too", async () => {
  const [one, reader] = [await world.replica(), await world.replica({ direction: "pull" })];
  await one.collection.add(record(1, "first"));
  await world.settle();
  const backup = world.model.backup();
  await one.collection.upsert(record(1, "second"));
  await world.settle();
  expect((await reader.seen()).get("id-1")?.document).toBe("second");
  world.model.restore(backup);
  await reader.link.sync({ full: true });
  expect((await reader.seen()).get("id-1")?.document).toBe("first");
  expect(await reader.link.known(["id-1"])).toMatchObject([{ isPending: false }]);
});

test("an edit made while the one before is refused is not forgotten", async () => {
  const one = await world.replica();
  const { fetch } = world;
  await one.collection.add(record(1, "too much"));
  world.fetch = async (url, init) => {
    if (url.endsWith("/upsert") && init?.body?.includes("too much")) {
      await one.collection.upsert(record(1, "less"));
      return Response.json({ error: "InvalidArgumentError", message: "too much" }, { status: 400 });
    }
    return fetch(url, init);
  };
  await one.link.sync();
  await one.link.sync();
  expect(world.remote().get("id-1")?.document).toBe("less");
  expect(await one.link.status()).toMatchObject({ pending: 0, refused: [] });
});

test("a token that no request can carry is told as that, and another one goes on", async () => {
  let token = "a…";
  const one = await world.replica({ remote: { token: () => token } });
  await one.collection.add(record(1));
  await expect(one.link.sync()).rejects.toThrow('The header "x-chroma-token" cannot be sent');
  const { state, message } = await one.link.status();
  expect([state, message]).toEqual(["auth-required", expect.stringContaining("Open the link again with headers or a token")]);
  token = "a";
  await one.link.sync();
  expect(world.remote().size).toBe(1);
});

test("a link that is closed while its token is fetched leaves no request open", async () => {
  let token: string | Promise<string> = "a";
  let ask = (): void => undefined;
  const one = await world.replica({ remote: { token: () => (ask(), token) } });
  await one.link.sync();
  // A server that does not answer: only who asks can end that.
  world.fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      const { signal } = init as RequestInit;
      signal?.addEventListener("abort", () => reject(new TypeError("given up")));
      if (signal?.aborted) reject(new TypeError("given up"));
    });
  let arrive: (token: string) => void = () => undefined;
  token = new Promise((resolve) => (arrive = resolve));
  const asked = new Promise<void>((resolve) => (ask = resolve));
  const round = one.link.sync().then(
    () => "done",
    () => "given up",
  );
  await asked;
  const closed = one.link.close();
  arrive("a");
  await closed;
  expect(await round).toBe("given up");
});
