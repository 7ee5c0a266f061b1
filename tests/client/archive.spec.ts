/** Exports, imports, verification and repair, as programs and people ask for them. */

import { createReadStream, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";

import { expect, test } from "@playwright/test";
import { type ArchiveSource, type ChromaClient, ChromaNotFoundError, ChromaUniqueError, ChromaValueError, open, type StorageChoice } from "chromatid";
import { PersistentClient } from "chromatid/node";

import { cli } from "./support/cli";
import { withDirectory } from "./support/node-process";

const RECORDS = 3_000;
const DIMENSION = 24;

const numbers = Array.from({ length: RECORDS }, (_, n) => n);
const vectorOf = (n: number) => Array.from({ length: DIMENSION }, (_, k) => Math.fround(Math.sin(n * 0.7 + k)));

/** A store with two collections, of which one has a schema and a configuration of its own. */
async function fill(client: ChromaClient): Promise<void> {
  const things = await client.createCollection({
    name: "things",
    embeddingFunction: null,
    metadata: { about: "everything" },
    configuration: { hnsw: { space: "cosine" } },
  });
  await things.add({
    ids: numbers.map((n) => `thing-${String(n)}`),
    embeddings: numbers.map(vectorOf),
    documents: numbers.map((n) => `number ${String(n)} äöü 🦊`),
    metadatas: numbers.map((n) => ({ n, even: n % 2 === 0, tags: [`t${String(n % 3)}`, "all"] })),
  });
  await client.compact();
  await things.delete({ where: { n: { $lt: 100 } } });
  const empty = await client.createCollection({ name: "empty", embeddingFunction: null });
  expect(await empty.count()).toBe(0);
}

async function everything(client: ChromaClient, name = "things"): Promise<unknown> {
  const collection = await client.getCollection({ name });
  const { id, metadata, configuration } = collection;
  const records = await collection.get({ include: ["documents", "embeddings", "metadatas", "uris"] });
  const nearest = await collection.query({ queryEmbeddings: [vectorOf(500)], nResults: 3, where: { even: true } });
  return { id, metadata, configuration, records, nearest: nearest.ids };
}

async function withStores(work: (from: ChromaClient, to: ChromaClient) => Promise<void>, storage: StorageChoice = "memory"): Promise<void> {
  const [from, to] = [await open({ storage }), await open({ storage: "memory" })];
  try {
    await work(from, to);
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

async function bytesOf(client: ChromaClient): Promise<Uint8Array> {
  return new Uint8Array(await new Response(client.export()).arrayBuffer());
}

const SOURCES: [string, (bytes: Uint8Array) => ArchiveSource][] = [
  ["bytes", (bytes) => bytes],
  ["an ArrayBuffer", (bytes) => bytes.slice().buffer],
  ["a Blob", (bytes) => new Blob([bytes.slice()])],
  ["a stream", (bytes) => new Blob([bytes.slice()]).stream()],
  ["a stream of Node", (bytes) => Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)])],
];

for (const [kind, sourceOf] of SOURCES) {
  test(`an export is imported from ${kind}`, () =>
    withStores(async (from, to) => {
      await fill(from);
      const progress: number[] = [];
      const onProgress = ({ records }: { records: number }) => progress.push(records);
      const imported = await to.import(sourceOf(await bytesOf(from)), { onProgress });
      expect(imported).toEqual({ collections: 2, records: RECORDS - 100, lost: 0 });
      expect(progress.at(-1)).toBe(RECORDS - 100);
      expect(await everything(to)).toEqual(await everything(from));
      expect(await (await to.getCollection({ name: "empty" })).count()).toBe(0);
    }));
}

test("an export is of the moment at which it is first read, and says what it holds", () =>
  withStores(async (from, to) => {
    await fill(from);
    const before = await everything(from);
    let told: unknown;
    const reader = from.export({ onEnd: (exported) => (told = exported) }).getReader();
    const pieces = [(await reader.read()).value as Uint8Array];
    const things = await from.getCollection({ name: "things" });
    await things.delete({ where: { n: { $gte: 0 } } });
    await from.compact();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      pieces.push(next.value);
    }
    expect(told).toEqual({ collections: 2, records: RECORDS - 100, damaged: [] });
    await to.import(new Blob(pieces.map((piece) => piece.slice())));
    expect(await everything(to)).toEqual(before);
  }));

test("collections that are named are exported alone", () =>
  withStores(async (from, to) => {
    await fill(from);
    await to.import(from.export({ collections: ["empty"] }));
    expect((await to.listCollections()).map(({ name }) => name)).toEqual(["empty"]);
    await expect(new Response(from.export({ collections: ["nonesuch"] })).arrayBuffer()).rejects.toThrow(ChromaNotFoundError);
  }));

test("collections that exist are refused, merged or replaced", () =>
  withStores(async (from, to) => {
    await fill(from);
    const bytes = await bytesOf(from);
    const mine = await to.createCollection({ name: "things", embeddingFunction: null });
    await mine.add({ ids: ["mine", "thing-200"], embeddings: [vectorOf(1), vectorOf(2)] });
    await expect(to.import(bytes)).rejects.toThrow(ChromaUniqueError);
    expect(await to.countCollections()).toBe(1);
    expect(await mine.count()).toBe(2);
    await to.import(bytes, { existing: "merge" });
    expect(await mine.count()).toBe(RECORDS - 100 + 1);
    await to.import(bytes, { existing: "replace" });
    expect(await (await to.getCollection({ name: "things" })).count()).toBe(RECORDS - 100);
    expect(await to.countCollections()).toBe(2);
  }));

test("an import that is no export, is cut short, or is given up leaves nothing", () =>
  withStores(async (from, to) => {
    await fill(from);
    const bytes = await bytesOf(from);
    for (const wrong of [new TextEncoder().encode("PK\u0003\u0004 something else entirely, and longer than a header"), bytes.subarray(0, -1), bytes.subarray(0, 2_000), bytes.subarray(40)]) {
      await expect(to.import(wrong)).rejects.toThrow(/export/);
      expect(await to.countCollections()).toBe(0);
    }
    await expect(to.import(["text"] as unknown as ArchiveSource)).rejects.toThrow(ChromaValueError);
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error("enough"));
    await expect(to.import(bytes, { signal: controller.signal, onProgress })).rejects.toThrow("enough");
    expect(await to.countCollections()).toBe(0);
    // What is given up in the middle keeps nothing else from its work.
    const reader = from.export().getReader();
    await reader.read();
    await reader.cancel();
    expect(await to.import(bytes)).toMatchObject({ collections: 2 });
  }));

test("a whole store verifies", () =>
  withStores(async (from) => {
    await fill(from);
    await from.compact();
    expect(await from.verify()).toMatchObject({ ok: true, records: 0, problems: [] });
    expect(await from.verify({ deep: true })).toMatchObject({ ok: true, records: RECORDS - 100, problems: [] });
    expect(await from.repair()).toEqual({ repaired: [], left: [] });
  }));

/** A store in a directory, closed, with its log compacted. */
async function stored(directory: string): Promise<unknown> {
  const client = new PersistentClient({ path: directory });
  await fill(client);
  await client.compact();
  const all = await everything(client);
  await client.close();
  return all;
}

test("commands export, import and verify directories", () =>
  withDirectory(async (directory) => {
    const [one, two, file] = ["one", "two", "backup.chromatid"].map((name) => path.join(directory, name)) as [string, string, string];
    const all = await stored(one);
    expect(await cli("export", one, file)).toMatchObject({ code: 0, stdout: "", stderr: `2,900 records of 2 collections in ${file}\n` });
    expect(readdirSync(directory).sort()).toEqual(["backup.chromatid", "one"]);
    const again = await cli("export", one, file);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("exists already") });
    expect(await cli("export", one, file, "--force")).toMatchObject({ code: 0 });
    expect(await cli("import", two, file)).toMatchObject({ code: 0, stdout: "2,900 records of 2 collections\n", stderr: "" });
    expect(await cli("import", two, file)).toMatchObject({ code: 1, stderr: expect.stringContaining("already exists") });
    expect(await cli("import", two, file, "--existing", "merge")).toMatchObject({ code: 0 });
    expect(await cli("verify", two)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+ blocks, [\d,]+ bytes, 2,900 records\n$/) });
    expect(await cli("verify", two, "--quick")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+ blocks\n$/) });
    expect(await cli("repair", two)).toMatchObject({ code: 0, stdout: "nothing is damaged\n" });
    expect(await cli("verify", path.join(directory, "nonesuch"))).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no store") });
    expect(existsSync(path.join(directory, "nonesuch"))).toBe(false);
    const client = new PersistentClient({ path: two });
    expect(await everything(client)).toEqual(all);
    // A page or program reads what a command has written.
    await withStores(async (_, to) => {
      await to.import(createReadStream(file));
      expect(await everything(to)).toEqual(all);
    });
    await client.close();
  }));

test("damage is told, exported around and repaired by commands", () =>
  withDirectory(async (directory) => {
    const [store, file] = [path.join(directory, "store"), path.join(directory, "rest.chromatid")];
    await stored(store);
    const blocks = path.join(store, "blocks");
    const bytes = readFileSync(blocks);
    // The first document, which compression leaves as it is, wherever it lies, also where it was before: what else is in its block goes with it.
    let places = 0;
    for (let place = bytes.indexOf("number 100 "); place >= 0; place = bytes.indexOf("number 100 ", place)) {
      bytes[place] = 0x58;
      places += 1;
    }
    expect(places).toBeGreaterThan(0);
    writeFileSync(blocks, bytes);
    const verified = await cli("verify", store);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(/^'things', records: block [0-9a-f-]+: its checksum does not match$/m);
    expect(await cli("export", store, file)).toMatchObject({ code: 1, stderr: expect.stringContaining("corrupt block") });
    expect(readdirSync(directory)).toEqual(["store"]);
    const exported = await cli("export", store, file, "--skip-damaged");
    const [, lost = ""] = /'things' is damaged: not ([\d,]+) of its records could be read/.exec(exported.stderr) ?? [];
    const count = Number(lost.replaceAll(",", ""));
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(RECORDS - 100);
    const repaired = await cli("repair", store);
    expect(repaired).toMatchObject({ code: 0, stdout: `'things' is written anew, ${lost} records are lost\n` });
    expect(await cli("verify", store)).toMatchObject({ code: 0 });
    const client = new PersistentClient({ path: store });
    const things = await client.getCollection({ name: "things" });
    expect(await things.count()).toBe(RECORDS - 100 - count);
    await withStores(async (_, to) => {
      expect(await to.import(createReadStream(file))).toEqual({ collections: 2, records: RECORDS - 100 - count, lost: count });
      const rest = await to.getCollection({ name: "things" });
      expect((await rest.get()).ids).toEqual((await things.get()).ids);
    });
    await client.close();
  }));
