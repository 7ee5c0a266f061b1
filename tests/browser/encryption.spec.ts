/** Encrypted stores in a real browser: what the device holds, and who may open it. */

import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { openPage, type SharedStorage } from "./support/tabs";
import type { Encryption } from "../../pkg/src/index.js";

/** What TypeScript's types of the DOM leave out. */
type Walkable = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };

const SECRETS = ["zebra-document", "zebra-id", "zebra-key", "zebra-collection", "default_tenant"];

/** Fills a store, compacted in part, and closes it. */
async function fill(page: Page, storage: SharedStorage, encryption?: Encryption): Promise<void> {
  await page.evaluate(
    async ([kind, secret]) => {
      const client = await window.chromatid.open({ name: "sealed", storage: kind, encryption: secret });
      const collection = await client.createCollection({ name: "zebra-collection", embeddingFunction: null });
      const records = (from: number) => {
        const numbers = Array.from({ length: 300 }, (_, place) => from + place);
        return {
          ids: numbers.map((number) => `zebra-id ${number}`),
          embeddings: numbers.map((number) => [number, 1, 2]),
          documents: numbers.map((number) => `zebra-document number ${number}`),
          metadatas: numbers.map((number) => ({ "zebra-key": number })),
        };
      };
      await collection.add(records(0));
      await client.compact();
      await collection.add(records(1000));
      await client.close();
    },
    [storage, encryption] as const,
  );
}

/** Which of the secrets can be read in the files or the database of the origin. */
async function readable(page: Page, storage: SharedStorage): Promise<string[]> {
  return page.evaluate(
    async ([kind, secrets]) => {
      const texts: string[] = [];
      const take = (bytes: ArrayBuffer | Uint8Array) => {
        const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
        texts.push(new TextDecoder("latin1").decode(view));
      };
      const walk = async (directory: FileSystemDirectoryHandle): Promise<void> => {
        for await (const handle of (directory as Walkable).values()) {
          if (handle.kind === "directory") {
            await walk(handle as FileSystemDirectoryHandle);
          } else {
            take(await (await (handle as FileSystemFileHandle).getFile()).arrayBuffer());
          }
        }
      };
      const settle = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(new Error("indexedDB"));
        });
      const visit = (value: unknown): void => {
        if (value instanceof ArrayBuffer || value instanceof Uint8Array) {
          take(value);
        } else if (typeof value === "object" && value !== null) {
          Object.values(value).forEach(visit);
        } else {
          texts.push(String(value));
        }
      };
      if (kind === "opfs") {
        await walk(await navigator.storage.getDirectory());
      } else {
        for (const { name } of await indexedDB.databases()) {
          const database = await settle(indexedDB.open(name ?? ""));
          for (const store of database.objectStoreNames) {
            visit(await settle(database.transaction(store).objectStore(store).getAll()));
          }
          database.close();
        }
      }
      return secrets.filter((secret) => texts.some((text) => text.includes(secret)));
    },
    [storage, SECRETS] as const,
  );
}

/** The number of records, or name and message of the error. */
async function reopen(page: Page, storage: SharedStorage, encryption?: Encryption): Promise<number | string> {
  return page.evaluate(
    async ([kind, secret]) => {
      try {
        const client = await window.chromatid.open({ name: "sealed", storage: kind, encryption: secret });
        const collection = await client.getCollection({ name: "zebra-collection" });
        const { ids } = await collection.query({ queryEmbeddings: [[1005, 1, 2]], nResults: 1 });
        const count = await collection.count();
        await client.close();
        return ids[0]?.[0] === "zebra-id 1005" ? count : String(ids);
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`;
      }
    },
    [storage, encryption] as const,
  );
}

for (const storage of ["opfs", "indexeddb"] as const) {
  test(`an encrypted store on ${storage} shows nothing, and opens with its passphrase alone`, async ({ page }) => {
    await openPage(page);
    await fill(page, storage, { passphrase: "correct horse" });
    expect(await readable(page, storage)).toEqual([]);
    await page.reload();
    await openPage(page);
    expect(await reopen(page, storage, { passphrase: "correct horse" })).toBe(600);
    expect(await reopen(page, storage, { passphrase: "wrong" })).toContain("ChromaForbiddenError: the store is encrypted with another");
    expect(await reopen(page, storage)).toContain("ChromaForbiddenError: the store is encrypted: open it with its key");
    expect(await reopen(page, storage, { key: new Uint8Array(32) })).toContain("ChromaForbiddenError");
    expect(await reopen(page, storage, { passphrase: "" })).toContain("ChromaClientError");
    // What was refused has changed nothing, and holds nothing.
    expect(await reopen(page, storage, { passphrase: "correct horse" })).toBe(600);
  });

  test(`a plain store on ${storage} shows everything, and is not taken for an encrypted one`, async ({ page }) => {
    await openPage(page);
    await fill(page, storage);
    expect(await readable(page, storage)).toEqual(SECRETS);
    expect(await reopen(page, storage, { passphrase: "any" })).toContain("the store is not encrypted");
    expect(await reopen(page, storage)).toBe(600);
  });
}

test("a key that cannot be extracted opens what it has closed", async ({ page }) => {
  await openPage(page);
  const outcome = await page.evaluate(async () => {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const options = { name: "keyed", storage: "opfs" as const, encryption: { key } };
    const client = await window.chromatid.open(options);
    const collection = await client.createCollection({ name: "records", embeddingFunction: null });
    await collection.add({ ids: ["a"], embeddings: [[1, 2]] });
    const joined = await window.chromatid.open(options);
    const other = await window.chromatid.open({ ...options, encryption: { passphrase: "p" } }).catch(String);
    await joined.close();
    await client.close();
    const again = await window.chromatid.open(options);
    const count = await (await again.getCollection({ name: "records" })).count();
    await again.close();
    return { count, other };
  });
  expect(outcome.count).toBe(1);
  expect(outcome.other).toContain("open already, with another key");
});
