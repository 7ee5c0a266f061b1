/** One process at a time has a store in a directory, and one that was killed has lost nothing that was acknowledged. */

import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "@playwright/test";
import { NodeDirectory, open, PersistentClient } from "chromatid/node";

import { thrown } from "./support/engine";
import { StoreProcess, withDirectory } from "./support/node-process";

/** Records of a batch that a process writes. */
const BATCH = 20;

/** Time, in milliseconds, after which a holder that cannot be looked at counts as ended: what is faster has not waited for it. */
const SILENCE_MS = 6_000;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test.describe.configure({ mode: "parallel" });

/** Opens the store and closes it; answers how long that took, in milliseconds. */
async function timeToOpen(directory: string): Promise<number> {
  const started = performance.now();
  const client = await open({ storage: new NodeDirectory(directory) });
  const taken = performance.now() - started;
  await client.close();
  return taken;
}

test("processes that are killed while they write lose nothing that was acknowledged", () =>
  withDirectory(async (directory) => {
    test.setTimeout(120_000);
    let acknowledged = 0;
    for (let round = 0; round < 8; round += 1) {
      const writer = new StoreProcess("write", directory);
      await expect.poll(() => writer.lines.length).toBeGreaterThan(1);
      await pause(Math.random() * 400);
      await writer.kill();
      acknowledged = Math.max(acknowledged, ...writer.lines.map((line) => Number(/^acknowledged (\d+)$/.exec(line)?.[1])));

      const client = new PersistentClient({ path: directory });
      const collection = await client.getCollection({ name: "writes" });
      const { ids, documents, embeddings } = await collection.get({ include: ["documents", "embeddings"] });
      const batches = ids.length / BATCH;
      // At most one batch was on its way, and that is there whole or not at all.
      expect([acknowledged + 1, acknowledged + 2]).toContain(batches);
      const altered = ids.filter((id, row) => {
        const [batch, i] = [Math.floor(row / BATCH), row % BATCH];
        const found = JSON.stringify([id, documents[row], embeddings[row]]);
        return found !== JSON.stringify([`${String(batch)}-${String(i)}`, `document ${String(i)} of batch ${String(batch)}`, [batch, i, 1]]);
      });
      expect(altered).toEqual([]);
      await client.close();
      acknowledged = batches - 1;
    }
    expect(acknowledged).toBeGreaterThan(20);
  }));

test("another process is told that the store is in use, and gets it when the first has ended or was killed", () =>
  withDirectory(async (directory) => {
    const first = new StoreProcess("hold", directory);
    await expect.poll(() => first.lines).toEqual(["open"]);
    const second = new StoreProcess("hold", directory);
    expect(await second.ended).toBe(1);
    expect(second.lines).toEqual([expect.stringContaining("failed ChromaServerError: the store is in use by another")]);
    expect(second.lines[0]).toContain(`is held by process ${String(first.pid)}`);
    expect(second.lines[0]).toContain("(StorageLockedError)");

    // It waits, too.
    const third = new StoreProcess("hold", directory);
    await pause(500);
    expect(await first.finish()).toBe(0);
    await expect.poll(() => third.lines).toEqual(["open"]);
    await third.kill();
    expect(existsSync(path.join(directory, "lock"))).toBe(true);
    expect(await timeToOpen(directory)).toBeLessThan(SILENCE_MS);
  }));

test("another instance in the process is told so, too", () =>
  withDirectory(async (directory) => {
    const client = new PersistentClient({ path: directory });
    await client.heartbeat();
    const other = await new NodeDirectory(directory).getFileHandle("root");
    const error = await thrown(() => other.createSyncAccessHandle());
    expect(error).toMatchObject({ name: "NoModificationAllowedError" });
    expect(error.message).toContain(`is held by process ${String(process.pid)}`);
    await client.close();
    (await other.createSyncAccessHandle()).close();
  }));

test("a process that ends without closing its store ends at once, and leaves nothing behind but the data", () =>
  withDirectory(async (directory) => {
    const left = new StoreProcess("leave", directory);
    expect(await left.ended).toBe(0);
    expect(left.lines).toEqual(["open", "written"]);
    expect(existsSync(path.join(directory, "lock"))).toBe(false);
    const client = new PersistentClient({ path: directory });
    expect(await (await client.getCollection({ name: "left" })).count()).toBe(1);
    await client.close();
  }));

test("of many that take over from one another at once, one has the lock at a time", () =>
  withDirectory(async (directory) => {
    // Each is killed while it has the lock, so that each but the first takes over from a dead one, with the others beside it.
    const children = Array.from({ length: 24 }, () => new StoreProcess("seize", directory));
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual(children.map(() => null));
    expect(children.flatMap(({ lines }) => lines)).toEqual([]);
    const seized = readFileSync(path.join(directory, "seized"), "utf8").trim().split("\n").map(Number);
    expect(new Set(seized)).toEqual(new Set(children.map(({ pid }) => pid)));
    expect(seized).toHaveLength(children.length);
    expect(await timeToOpen(directory)).toBeLessThan(SILENCE_MS);
  }));

/** What the lock of a store that is open here says. */
async function lockOf(directory: string): Promise<Record<string, unknown>> {
  const client = new PersistentClient({ path: directory });
  await client.heartbeat();
  const lock = JSON.parse(readFileSync(path.join(directory, "lock"), "utf8")) as Record<string, unknown>;
  await client.close();
  return lock;
}

test("the lock of an earlier process with the same id is taken over at once", () =>
  withDirectory(async (directory) => {
    const lock = await lockOf(directory);
    test.skip(lock.started === undefined, "needs /proc");
    writeFileSync(path.join(directory, "lock"), JSON.stringify({ ...lock, started: "1" }));
    expect(await timeToOpen(directory)).toBeLessThan(SILENCE_MS);
    writeFileSync(path.join(directory, "lock"), JSON.stringify(lock));
    expect((await thrown(() => timeToOpen(directory))).cause).toMatchObject({ name: "StorageLockedError", retryable: true });
    rmSync(path.join(directory, "lock"));
    expect(readdirSync(directory).filter((name) => name.startsWith("lock"))).toEqual([]);
  }));

for (const [whose, changes] of [
  ["of another container, machine or start of this one", { realm: "elsewhere" }],
  ["that a power cut left without its content", undefined],
] as const) {
  test(`a lock ${whose} is taken over when it gave no sign of life`, () =>
    withDirectory(async (directory) => {
      const lock = await lockOf(directory);
      writeFileSync(path.join(directory, "lock"), changes ? JSON.stringify({ ...lock, ...changes }) : "");
      expect(await timeToOpen(directory)).toBeGreaterThan(SILENCE_MS - 100);
    }));
}

test("a lock of another container that gives signs of life is respected", () =>
  withDirectory(async (directory) => {
    const file = path.join(directory, "lock");
    writeFileSync(file, JSON.stringify({ ...(await lockOf(directory)), realm: "elsewhere" }));
    const beats = setInterval(() => utimesSync(file, new Date(), new Date()), 2_000);
    try {
      expect((await thrown(() => timeToOpen(directory))).cause).toMatchObject({ name: "StorageLockedError" });
    } finally {
      clearInterval(beats);
    }
  }));

test("an open store gives signs of life", () =>
  withDirectory(async (directory) => {
    const client = new PersistentClient({ path: directory });
    await client.heartbeat();
    const file = path.join(directory, "lock");
    utimesSync(file, 0, 0);
    await expect.poll(() => statSync(file).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
    await client.close();
  }));

test("a process whose lock was taken away writes nothing more", () =>
  withDirectory(async (directory) => {
    const client = new PersistentClient({ path: directory });
    const collection = await client.createCollection({ name: "things", embeddingFunction: null });
    await collection.add({ ids: ["a"], embeddings: [[1]] });
    rmSync(path.join(directory, "lock"));
    const successor = new StoreProcess("hold", directory);
    await expect.poll(() => successor.lines).toEqual(["open"]);
    const log = readFileSync(path.join(directory, "log.0"));
    const refused = await thrown(() => collection.add({ ids: ["b"], embeddings: [[2]] }));
    expect(refused).toMatchObject({ name: "ChromaServerError" });
    expect(refused.message).toContain("was replaced or removed: this process no longer writes to the store");
    await client.close().catch(() => undefined);
    expect(readFileSync(path.join(directory, "log.0")).equals(log)).toBe(true);
    expect(existsSync(path.join(directory, "lock")), "the lock of the successor stays").toBe(true);
    expect(await successor.finish()).toBe(0);
  }));
