/** Snapshots: published from a collection, read from a host, published again. */

import { expect, test } from "@playwright/test";
import { type Collection, open, type Where } from "chromatid";
import {
  generateSnapshotKey,
  openSnapshot,
  publicKeyOf,
  publish,
  SnapshotBudgetError,
  SnapshotRollbackError,
  SnapshotSignatureError,
  SnapshotUnavailableError,
  SnapshotUnsupportedError,
} from "chromatid/snapshots";

import { Files, withHost } from "./support/snapshot-host";

const RECORDS = 2_000;
const DIMENSION = 24;

const vectorOf = (n: number) => Array.from({ length: DIMENSION }, (_, k) => Math.fround(Math.sin(n * 0.7 + k * (1 + (n % 7)))));
const idOf = (n: number) => `thing-${String(n)}`;
const metadataOf = (n: number) => ({ n, half: n / 2, even: n % 2 === 0, color: ["red", "green", "blue"][n % 3] ?? "", tags: [`t${String(n % 5)}`, "all"] });

async function withCollection(work: (collection: Collection) => Promise<void>, records = RECORDS): Promise<void> {
  const client = await open({ storage: "memory" });
  try {
    const collection = await client.createCollection({
      name: "things",
      embeddingFunction: null,
      metadata: { about: "everything" },
      configuration: { hnsw: { space: "cosine" } },
    });
    const numbers = Array.from({ length: records }, (_, n) => n);
    if (records > 0) {
      await collection.add({
        ids: numbers.map(idOf),
        embeddings: numbers.map(vectorOf),
        documents: numbers.map((n) => `number ${String(n)} äöü 🦊`),
        metadatas: numbers.map(metadataOf),
      });
    }
    await work(collection);
  } finally {
    await client.close();
  }
}

/** Each test reads through a cache of its own. */
const fresh = { cache: "memory", cacheBytes: 64 << 20 } as const;

test("a snapshot answers as its collection does", async () => {
  await withCollection(async (collection) => {
    const files = new Files();
    const published = await publish(collection, { target: files });
    expect(published).toMatchObject({ manifest: "things.cidm", generation: 1, records: RECORDS, kind: "all" });
    expect(files.written.at(-1), "the manifest comes last").toBe("things.cidm");
    await withHost(files, async (host) => {
      const snapshot = await openSnapshot(`${host.url}things.cidm`, fresh);
      expect(host.asked).toEqual(["things.cidm"]);
      expect(snapshot.name).toBe("things");
      expect(snapshot.metadata).toEqual({ about: "everything" });
      expect(snapshot.configuration.hnsw?.space).toBe("cosine");
      expect(await snapshot.count()).toBe(RECORDS);

      const where: Where = { $and: [{ color: "red" }, { n: { $lt: 300 } }] };
      const include = ["documents", "embeddings", "metadatas"] as const;
      const found = await snapshot.get({ where, include: [...include] });
      const expected = await collection.get({ where, include: [...include] });
      const sorted = <T extends { id: string }>(rows: T[]) => rows.sort((a, b) => a.id.localeCompare(b.id));
      expect(sorted(found.rows())).toEqual(sorted(expected.rows()));
      expect(await snapshot.count({ where })).toBe(expected.ids.length);

      const ids = [idOf(5), "nobody", idOf(3)];
      expect((await snapshot.get({ ids })).ids).toEqual([idOf(5), idOf(3)]);
      expect((await snapshot.peek({ limit: 3 })).embeddings).toHaveLength(3);

      const queryEmbeddings = [vectorOf(77), vectorOf(1234)];
      const near = await snapshot.query({ queryEmbeddings, nResults: 5 });
      const exact = await collection.query({ queryEmbeddings, nResults: 5 });
      expect(near.distances.map(([first]) => first)).toEqual(exact.distances.map(([first]) => first));
      expect(near.documents[0]?.[0]).toBe(exact.documents[0]?.[0]);
      expect(near.metadatas[0]?.[0]).toEqual(exact.metadatas[0]?.[0]);
      const filtered = await snapshot.query({ queryEmbeddings, nResults: 5, where: { even: false }, ids: [1, 2, 3].map(idOf) });
      expect(filtered.ids[0]?.toSorted()).toEqual([idOf(1), idOf(3)]);
    });
  });
});

test("what was read once costs no request again, and all of it works without the host", async () => {
  await withCollection(async (collection) => {
    const files = new Files();
    await publish(collection, { target: files });
    await withHost(files, async (host) => {
      const snapshot = await openSnapshot(`${host.url}things.cidm`, fresh);
      const query = { queryEmbeddings: [vectorOf(10)] };
      const first = await snapshot.query(query);
      expect((await snapshot.status()).lastCost.hops).toBeLessThanOrEqual(3);
      const asked = host.asked.length;
      expect(await snapshot.query(query)).toEqual(first);
      expect(host.asked).toHaveLength(asked);
      expect(await snapshot.status()).toMatchObject({ offlineReady: false, lastCost: { requests: 0, bytes: 0 } });

      await snapshot.prefetch({ all: true });
      expect(await snapshot.status()).toMatchObject({ offlineReady: true, offline: false });
      host.fault = ({ response }) => response.destroy();
      const where = { n: { $gte: RECORDS - 5 } };
      expect((await snapshot.get({ where })).ids.toSorted()).toEqual([5, 4, 3, 2, 1].map((n) => idOf(RECORDS - n)));
      expect((await snapshot.query({ queryEmbeddings: [vectorOf(999)], nResults: 1 })).ids[0]).toEqual([idOf(999)]);
      snapshot.close();
      await expect(snapshot.count({ where })).rejects.toThrow(/closed/);
    });
  });
});

test("publishing again writes what has changed, and open snapshots go over to it when they are told to", async () => {
  await withCollection(async (collection) => {
    const files = new Files();
    await publish(collection, { target: files });
    const before = files.bytes();
    expect(await publish(collection, { target: files })).toMatchObject({ kind: "unchanged", generation: 1, bytes: 0 });
    await withHost(files, async (host) => {
      const snapshot = await openSnapshot(`${host.url}things.cidm`, fresh);
      await collection.update({ ids: [idOf(7)], documents: ["edited"], embeddings: [vectorOf(7)] });
      await collection.delete({ ids: [idOf(8)] });
      await collection.add({ ids: ["new"], embeddings: [vectorOf(0.5)], documents: ["new"] });
      const published = await publish(collection, { target: files });
      expect(published).toMatchObject({ kind: "changes", generation: 2, records: RECORDS });
      expect(published.bytes).toBeLessThan(before / 20);

      const ids = [idOf(7), idOf(8), "new"];
      expect((await snapshot.get({ ids })).ids).toEqual([idOf(7), idOf(8)]);
      const [running, isNew] = await Promise.all([snapshot.get({ ids }), snapshot.refresh()]);
      expect(running.ids).toEqual([idOf(7), idOf(8)]);
      expect(isNew).toBe(true);
      expect(await snapshot.refresh()).toBe(false);
      const after = await snapshot.get({ ids });
      expect(after.ids).toEqual([idOf(7), "new"]);
      expect(after.documents[0]).toBe("edited");
      expect(await snapshot.status()).toMatchObject({ generation: 2, layers: 2, records: RECORDS });
      expect((await snapshot.query({ queryEmbeddings: [vectorOf(0.5)], nResults: 1 })).ids).toEqual([["new"]]);
    });
  });
});

test("a signature is checked, and an older manifest is refused", async () => {
  await withCollection(async (collection) => {
    const [key, other] = await Promise.all([generateSnapshotKey(), generateSnapshotKey()]);
    const [publicKey, otherKey] = await Promise.all([publicKeyOf(key), publicKeyOf(other)]);
    const files = new Files();
    await publish(collection, { target: files, key });
    const old = files.files.get("things.cidm");
    await withHost(files, async (host) => {
      const url = `${host.url}things.cidm`;
      await expect(openSnapshot(url, { ...fresh, publicKey: otherKey })).rejects.toThrow(SnapshotSignatureError);
      await expect(openSnapshot(url, { ...fresh, publicKey: "ab" })).rejects.toThrow(/publicKey/);
      const snapshot = await openSnapshot(url, { ...fresh, publicKey });
      await collection.delete({ ids: [idOf(1)] });
      await publish(collection, { target: files, key });
      expect(await snapshot.refresh()).toBe(true);
      files.files.set("things.cidm", old ?? new Uint8Array());
      await expect(snapshot.refresh()).rejects.toThrow(SnapshotRollbackError);
      // It goes on with what it had.
      expect(await snapshot.count()).toBe(199);
      await expect(publish(collection, { target: files, key: other })).rejects.toThrow(SnapshotSignatureError);
    });
  }, 200);
});

test("what a call may cost is a bound, and what snapshots do not have is said", async () => {
  await withCollection(async (collection) => {
    const files = new Files();
    await publish(collection, { target: files });
    await withHost(files, async (host) => {
      const url = `${host.url}things.cidm`;
      const query = { queryEmbeddings: [vectorOf(3)] };
      const thrifty = await openSnapshot(url, { ...fresh, maxBytes: 10_000 });
      await expect(thrifty.query(query)).rejects.toThrow(SnapshotBudgetError);
      const patient = await openSnapshot(url, { ...fresh, maxRequests: 1 });
      await expect(patient.query(query)).rejects.toThrow(/maxRequests/);
      const snapshot = await openSnapshot(url, fresh);
      await expect(snapshot.get({ whereDocument: { $contains: "x" } })).rejects.toThrow(SnapshotUnsupportedError);
      await expect(snapshot.query({ queryTexts: ["x"] })).rejects.toThrow(/embeddingFunction/);
      await expect(snapshot.query({ queryEmbeddings: [[1, 2]] })).rejects.toThrow(/2 components/);
      await expect(openSnapshot(`${host.url}nothing.cidm`, fresh)).rejects.toThrow(SnapshotUnavailableError);
    });
  });
});

test("what is published is the collection at one moment, also if it is written to meanwhile", async () => {
  await withCollection(async (collection) => {
    const files = new Files();
    let writes = 0;
    // What was read already changes with what will be.
    const write = async () => {
      await collection.update({ ids: [idOf(0), idOf(RECORDS - 1)], metadatas: [{ n: -1 }, { n: -1 }] });
      writes += 1;
    };
    const published = await publish(afterEachPage(collection, () => (writes === 0 ? write() : undefined)), { target: files });
    expect(published).toMatchObject({ records: RECORDS, generation: 1 });
    await withHost(files, async (host) => {
      const snapshot = await openSnapshot(`${host.url}things.cidm`, fresh);
      const { metadatas } = await snapshot.get({ ids: [idOf(0), idOf(RECORDS - 1)] });
      expect(metadatas.map((metadata) => metadata?.n)).toEqual([-1, -1]);
      snapshot.close();
    });
    await expect(publish(afterEachPage(collection, write), { target: new Files() })).rejects.toThrow(/being written to/);
  });
});

/** A collection where something happens after each page that is read. */
function afterEachPage(collection: Collection, act: () => Promise<void> | undefined): Collection {
  return new Proxy(collection, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== "get") return typeof value === "function" ? (value.bind(target) as unknown) : value;
      return async (args: Parameters<Collection["get"]>[0]) => {
        const page = await target.get(args);
        await act();
        return page;
      };
    },
  });
}

test("an empty collection is published too", async () => {
  await withCollection(async (collection) => {
    const files = new Files();
    expect(await publish(collection, { target: files })).toMatchObject({ records: 0, packs: 0 });
    await withHost(files, async (host) => {
      const snapshot = await openSnapshot(`${host.url}things.cidm`, fresh);
      expect(await snapshot.count()).toBe(0);
      expect((await snapshot.get()).ids).toEqual([]);
    });
  }, 0);
});
