/** `chromatid publish`, in processes of its own. */

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "@playwright/test";
import { PersistentClient } from "chromatid/node";
import { openSnapshot } from "chromatid/snapshots";

import { cli } from "./support/cli";
import { withDirectory } from "./support/node-process";
import { Files, withHost } from "./support/snapshot-host";

async function edit(store: string, documents: Record<string, string>): Promise<void> {
  const client = new PersistentClient({ path: store });
  try {
    const collection = await client.getOrCreateCollection({ name: "things", embeddingFunction: null });
    const ids = Object.keys(documents);
    await collection.upsert({ ids, documents: Object.values(documents), embeddings: ids.map((id, n) => [id.length, n, 1]) });
  } finally {
    await client.close();
  }
}

function filesOf(directory: string): Files {
  const files = new Files();
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    if (statSync(path.join(directory, name)).isFile()) {
      files.files.set(name.replaceAll("\\", "/"), new Uint8Array(readFileSync(path.join(directory, name))));
    }
  }
  return files;
}

test("a collection goes into a directory, then its changes, under a key of its own", () =>
  withDirectory(async (directory) => {
    const [store, target, key] = ["store", "public", "key.json"].map((name) => path.join(directory, name)) as [string, string, string];
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    await edit(store, Object.fromEntries(numbers.map((n) => [`id-${String(n)}`, `number ${String(n)}`])));
    const first = await cli("publish", store, "things", target, "--key", key);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/^things\.cidm: generation 1, 50 records; everything written: \d packs, [\d,]+ bytes\npublic key: [0-9a-f]{64}\n$/);
    expect(statSync(key).mode & 0o077, "nobody else may read it").toBe(0);

    const again = await cli("publish", store, "things", target, "--key", key);
    expect(again.stdout).toContain("things.cidm is up to date: generation 1, 50 records\n");
    await edit(store, { "id-7": "edited" });
    const changed = await cli("publish", store, "things", target, "--key", key);
    expect(changed.stdout).toContain("generation 2, 50 records; what has changed written");

    const publicKey = /public key: (\w+)/.exec(changed.stdout)?.[1] ?? "";
    await withHost(filesOf(target), async (host) => {
      const snapshot = await openSnapshot(`${host.url}things.cidm`, { publicKey, cache: "memory", cacheBytes: 1 << 20 });
      const { ids, documents } = await snapshot.get({ ids: ["id-7", "id-8"] });
      expect([ids, documents]).toEqual([["id-7", "id-8"], ["edited", "number 8"]]);
    });
  }));

test("what cannot be published is said in a line", () =>
  withDirectory(async (directory) => {
    const store = path.join(directory, "store");
    await edit(store, { a: "b" });
    const target = path.join(directory, "public");
    const unknown = await cli("publish", store, "nothing", target);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: .*nothing.*\n$/) });
    const key = path.join(directory, "no-key.json");
    writeFileSync(key, "{}");
    expect(await cli("publish", store, "things", target, "--key", key)).toMatchObject({ code: 1, stderr: expect.stringContaining("is not the file of a key") });
    expect(await cli("publish", store, "things", target, "--header", "wrong")).toMatchObject({ code: 1, stderr: expect.stringContaining("is no header") });
  }));
