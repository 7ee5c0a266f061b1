/** Opening a store where not everything is as it should be: what comes of it, and whether what was opened works. */

import type { Frame, Page } from "@playwright/test";

import { expect } from "@playwright/test";

import type { OpenOptions } from "../../../pkg/src/open.js";
import type { StoreInfo } from "../../../pkg/src/index.js";

/** What `open()` came to: what `info()` says of the store, or the error. */
export type Opening = { info: StoreInfo } | { error: { name: string; message: string; cause: string } };

/** Opens the store `shared` as `window.shared`. That takes ten seconds at most, whatever comes of it: longer is an error of its own. */
export function tryToOpen(page: Page | Frame, options: OpenOptions = {}): Promise<Opening> {
  return page.evaluate(async (given) => {
    // A moment more, for a timer of ten seconds in the engine to be heard here.
    const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("open() did not settle")), 11_000));
    try {
      const client = await Promise.race([window.chromatid.open({ name: "shared", ...given }), late]);
      const collection = await client.getOrCreateCollection({ name: "things", embeddingFunction: null });
      window.shared = { client, collection };
      return { info: await client.info() };
    } catch (thrown) {
      const { name, message, cause } = thrown as Error;
      return { error: { name, message, cause: cause instanceof Error ? cause.name : "none" } };
    }
  }, options);
}

/** Opens the store, which has to succeed. */
export async function opened(page: Page | Frame, options: OpenOptions = {}): Promise<StoreInfo> {
  const opening = await tryToOpen(page, options);
  expect(opening).not.toHaveProperty("error");
  return (opening as { info: StoreInfo }).info;
}

/** Opens the store, which has to fail: `name of the engine's error: message`. */
export async function refusal(page: Page | Frame, options: OpenOptions = {}): Promise<string> {
  const opening = await tryToOpen(page, options);
  expect(opening).not.toHaveProperty("info");
  const { name, message, cause } = (opening as { error: { name: string; message: string; cause: string } }).error;
  return `${cause === "none" ? name : cause}: ${message}`;
}

/** Adds two records and finds them again. */
export async function expectToWork(page: Page | Frame): Promise<void> {
  const found = await page.evaluate(async () => {
    const { collection } = window.shared;
    await collection.add({ ids: ["a", "b"], embeddings: [[1, 0], [0, 1]], documents: ["first", "second"] });
    const { ids } = await collection.query({ queryEmbeddings: [[0, 2]], nResults: 1 });
    const { documents } = await collection.get({ ids: ["a"], include: ["documents"] });
    return { nearest: ids, documents, count: await collection.count() };
  });
  expect(found).toEqual({ nearest: [["b"]], documents: ["first"], count: 2 });
}

export const countOf = (page: Page | Frame): Promise<number> => page.evaluate(() => window.shared.collection.count());
