/** What others do to the files and the database of a store: they delete, upgrade or hold them. Nothing of it is mistaken for an empty store. */

import { expect, test } from "./fixtures";
import { expectToWork, opened, refusal, tryToOpen } from "./support/opening";
import { addTo, idsOf, join, openPage } from "./support/tabs";

// Each has a browser of its own.
test.describe.configure({ mode: "parallel" });

const FILES = ["root", "log.0", "log.1", "directory.0", "directory.1", "blocks"];

/** What TypeScript's types of the DOM leave out. */
type Walkable = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

declare global {
  interface Window {
    /** The bytes of each file of the store `shared` in OPFS, as text. */
    filesOf(): Promise<Record<string, string>>;
    /** Gives a file these bytes; none: deletes it. */
    replaceFile(name: string, text?: string): Promise<void>;
  }
}

test("a file that was deleted from OPFS is noticed, the others are not touched, and the store goes on when it is back", async ({ page }) => {
  test.setTimeout(120_000);
  await page.addInitScript(() => {
    const directory = async () => {
      const stores = await (await navigator.storage.getDirectory()).getDirectoryHandle("chromatid");
      return stores.getDirectoryHandle("shared");
    };
    window.filesOf = async () => {
      const files: Record<string, string> = {};
      const store = await directory();
      for await (const name of (store as Walkable).keys()) {
        const bytes = new Uint8Array(await (await (await store.getFileHandle(name)).getFile()).arrayBuffer());
        files[name] = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      }
      return files;
    };
    window.replaceFile = async (name, text) => {
      const store = await directory();
      if (text === undefined) {
        await store.removeEntry(name);
        return;
      }
      const writable = await (await store.getFileHandle(name, { create: true })).createWritable();
      await writable.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
      await writable.close();
    };
  });
  await openPage(page);
  await opened(page);
  await addTo(page, "in", "blocks");
  await page.evaluate(() => window.shared.client.compact());
  await addTo(page, "logged");
  await page.evaluate(() => window.shared.client.close());
  const before = await page.evaluate(() => window.filesOf());
  expect(Object.keys(before).sort()).toEqual([...FILES].sort());

  let noticed = 0;
  for (const name of FILES) {
    await page.evaluate((file) => window.replaceFile(file), name);
    const opening = await tryToOpen(page);
    if ("info" in opening) {
      // Of the two files of a journal the one that is not in use is empty, and as good as none.
      expect(before[name], name).toBe("");
      expect(await idsOf(page)).toEqual(["blocks", "in", "logged"]);
      await page.evaluate(() => window.shared.client.close());
      continue;
    }
    noticed += 1;
    expect(opening.error, name).toMatchObject({ cause: "CorruptionError" });
    const { [name]: again = "", ...others } = await page.evaluate(() => window.filesOf());
    expect(again, name).toBe("");
    const { [name]: _, ...expected } = before;
    expect(others, `without ${name}`).toEqual(expected);
    await page.evaluate(([file, bytes]) => window.replaceFile(file, bytes), [name, before[name]] as const);
    await opened(page);
    expect(await idsOf(page)).toEqual(["blocks", "in", "logged"]);
    await page.evaluate(() => window.shared.client.close());
    await page.evaluate(async (files) => {
      for (const [file, bytes] of Object.entries(files)) {
        await window.replaceFile(file, bytes);
      }
    }, before);
  }
  expect(noticed).toBe(4);
});

for (const [what, place, key] of [["the root", "meta", "root"], ["the record of the log", "meta", "log"], ["the log", "log"], ["the blocks", "blocks"]] as const) {
  test(`rows that were deleted from IndexedDB are noticed: ${what}`, async ({ page }) => {
    await join(page, "indexeddb");
    await addTo(page, "in", "blocks");
    await page.evaluate(() => window.shared.client.compact());
    await addTo(page, "logged");
    await page.evaluate(() => window.shared.client.close());
    await page.evaluate(
      async ({ place, key }) => {
        const settled = <T>(request: IDBRequest<T>) =>
          new Promise<T>((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(new Error(String(request.error)));
          });
        const database = await settled(indexedDB.open("chromatid:shared"));
        const rows = database.transaction(place, "readwrite").objectStore(place);
        await settled(key === undefined ? rows.clear() : rows.delete(key));
        database.close();
      },
      { place, key },
    );
    expect(await refusal(page, { storage: "indexeddb" })).toMatch(/^CorruptionError: /);
  });
}

test("a database that another page deletes is let go of, and begun anew", async ({ page, context }) => {
  await join(page, "indexeddb");
  await addTo(page, "a");
  const other = await openPage(await context.newPage());
  const deleted = await other.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const request = indexedDB.deleteDatabase("chromatid:shared");
        request.onsuccess = () => resolve("deleted");
        request.onblocked = () => resolve("blocked");
        request.onerror = () => resolve(String(request.error));
      }),
  );
  expect(deleted).toBe("deleted");
  // It is told one way or the other.
  await page.evaluate(() => window.shared.collection.add({ ids: ["b"], embeddings: [[1, 2]] }).catch(() => undefined));
  await opened(other, { storage: "indexeddb" });
  await expectToWork(other);
});

test("a database of a later version is let go of while it is open, and refused untouched", async ({ page, context }) => {
  await join(page, "indexeddb");
  await addTo(page, "a");
  const other = await openPage(await context.newPage());
  const rows = await other.evaluate(async () => {
    const request = indexedDB.open("chromatid:shared", 2);
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onblocked = () => reject(new Error("blocked"));
      request.onerror = () => reject(new Error(String(request.error)));
    });
    const count = database.transaction("log").objectStore("log").count();
    await new Promise((resolve) => {
      count.onsuccess = resolve;
    });
    database.close();
    return count.result;
  });
  expect(rows).toBeGreaterThan(0);
  const late = await page.evaluate(() => window.shared.collection.add({ ids: ["b"], embeddings: [[1, 2]] }).then(() => "written", String));
  expect(late).not.toBe("written");
  expect(await refusal(other, { storage: "indexeddb" })).toMatch(/^StorageError: the database was written in format 2/);
  const left = await other.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const request = indexedDB.open("chromatid:shared");
        request.onerror = () => reject(new Error(String(request.error)));
        request.onsuccess = () => {
          const count = request.result.transaction("log").objectStore("log").count();
          count.onsuccess = () => {
            request.result.close();
            resolve(count.result);
          };
        };
      }),
  );
  expect(left).toBe(rows);
});

test("a database that somebody holds cannot be destroyed, which is said, until they let go of it", async ({ page, context }) => {
  await join(page, "indexeddb");
  await addTo(page, "a");
  await page.evaluate(() => window.shared.client.close());
  const holder = await openPage(await context.newPage());
  await holder.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open("chromatid:shared");
        request.onerror = () => reject(new Error(String(request.error)));
        request.onsuccess = () => {
          Object.assign(window, { held: request.result });
          resolve();
        };
      }),
  );
  const outcome = await page.evaluate(() => window.chromatid.destroy("shared").then(() => "destroyed", (error: Error) => error.message));
  expect(outcome).toContain("another tab does not close the database");
  await holder.evaluate(() => (window as unknown as { held: IDBDatabase }).held.close());
  // What the browser was asked for cannot be taken back: it has deleted the database by now, and the store is a new one.
  await opened(page, { storage: "indexeddb" });
  expect(await idsOf(page)).toEqual([]);
  await expectToWork(page);
});
