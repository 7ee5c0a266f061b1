/** The files of a store are the same in OPFS and in a directory under Node. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { PersistentClient } from "chromatid/node";

import { expect, test } from "./fixtures";

test("a store that a page wrote to OPFS opens under Node from copies of its files", async ({ page }) => {
  await page.goto("/pages/package.html");
  await page.waitForFunction(() => "chromatid" in window);
  const files = await page.evaluate(async () => {
    const client = await window.chromatid.open({ name: "moved", storage: "opfs" });
    const indexed = await client.createCollection({ name: "indexed", embeddingFunction: null });
    await indexed.add({ ids: ["a", "b"], embeddings: [[1, 0], [0, 1]], documents: ["first", "second"] });
    await client.compact();
    const logged = await client.createCollection({ name: "logged", embeddingFunction: null });
    await logged.add({ ids: ["c"], embeddings: [[1, 2, 3]], metadatas: [{ n: 1 }] });
    await client.close();

    const stores = await (await navigator.storage.getDirectory()).getDirectoryHandle("chromatid");
    const store = await stores.getDirectoryHandle("moved");
    return Promise.all(
      ["root", "log.0", "log.1", "directory.0", "directory.1", "blocks"].map(async (name) => {
        const file = await (await store.getFileHandle(name)).getFile();
        return { name, bytes: [...new Uint8Array(await file.arrayBuffer())] };
      }),
    );
  });

  const directory = mkdtempSync(path.join(tmpdir(), "chromatid-"));
  try {
    for (const { name, bytes } of files) {
      writeFileSync(path.join(directory, name), new Uint8Array(bytes));
    }
    const client = new PersistentClient({ path: directory });
    const indexed = await client.getCollection({ name: "indexed" });
    expect((await indexed.query({ queryEmbeddings: [[0, 2]] })).documents).toEqual([["second", "first"]]);
    const logged = await client.getCollection({ name: "logged" });
    expect(await logged.get({ include: ["embeddings", "metadatas"] })).toMatchObject({
      ids: ["c"],
      embeddings: [[1, 2, 3]],
      metadatas: [{ n: 1 }],
    });
    await client.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
