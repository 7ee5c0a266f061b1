/** Pages that use one store at once, and what they do with it. */

import type { Page } from "@playwright/test";

import type { ChromaClient, Collection, destroy as destroyStore, open as openStore } from "../../../pkg/src/index.js";

declare global {
  interface Window {
    chromatid: { open: typeof openStore; destroy: typeof destroyStore };
    /** The open store of a page that takes part. */
    shared: { client: ChromaClient; collection: Collection };
  }
}

export type SharedStorage = "opfs" | "indexeddb";

/** A page with the package. */
export async function openPage(page: Page, origin = ""): Promise<Page> {
  await page.goto(`${origin}/pages/package.html`);
  await page.waitForFunction(() => "chromatid" in window);
  return page;
}

/** A page that has the store `name` open, as `window.shared`. */
export async function join(page: Page, storage: SharedStorage, name = "shared", origin = ""): Promise<Page> {
  await openPage(page, origin);
  await page.evaluate(
    async ([kind, store]) => {
      const client = await window.chromatid.open({ name: store, storage: kind });
      const collection = await client.getOrCreateCollection({ name: "things", embeddingFunction: null });
      window.shared = { client, collection };
    },
    [storage, name] as const,
  );
  return page;
}

export const roleOf = (page: Page): Promise<string | undefined> =>
  page.evaluate(async () => (await window.shared.client.info()).sharing?.role);

export const addTo = (page: Page, ...ids: string[]): Promise<void> =>
  page.evaluate(
    (all) => window.shared.collection.add({ ids: all, embeddings: all.map((_, place) => [place, 1]) }),
    ids,
  );

export const idsOf = (page: Page): Promise<string[]> =>
  page.evaluate(async () => (await window.shared.collection.get({ include: [] })).ids.sort());
