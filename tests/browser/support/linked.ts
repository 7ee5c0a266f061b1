/** Pages that keep a collection the same as one of a Chroma server. */

import type { Page } from "@playwright/test";

import type { ChromaClient, Collection, Link, LinkStatus } from "../../../pkg/src/index.js";
import { openPage } from "./tabs";

declare global {
  interface Window {
    linked: { client: ChromaClient; collection: Collection; link: Link };
  }
}

export interface LinkedOptions {
  /** Of the remote collection. */
  collection: string;
  port: number;
  /** Milliseconds. */
  interval: number;
  /** Sent with each request, by which a proxy tells tabs apart. */
  tab?: string;
  batch?: number;
}

/** A page with a link, as `window.linked`. */
export async function openLinked(page: Page, options: LinkedOptions): Promise<Page> {
  await openPage(page);
  await page.evaluate(async ({ collection: remoteName, port, interval, tab = "", batch }) => {
    const client = await window.chromatid.open({ name: "linked", storage: "opfs" });
    const collection = await client.getOrCreateCollection({ name: "notes", embeddingFunction: null });
    const remote = { host: "127.0.0.1", port, headers: { "x-tab": tab } };
    const link = await client.link({ name: "notes" }, { remote, collection: remoteName, interval, ...(batch !== undefined && { batch }) });
    window.linked = { client, collection, link };
  }, options);
  return page;
}

/** Writes records of these ids, with a text. */
export const write = (page: Page, ids: string[], text: string): Promise<void> =>
  page.evaluate(
    async ([all, document]) => {
      const { collection } = window.linked;
      await collection.upsert({ ids: all, embeddings: all.map((_, n) => [n, 1]), documents: all.map(() => document), metadatas: all.map((id) => ({ id })) });
    },
    [ids, text] as const,
  );

/** Documents by the ids of their records. */
export const documentsOf = (page: Page): Promise<Record<string, string | null>> =>
  page.evaluate(async () => {
    const { ids, documents } = await window.linked.collection.get({ include: ["documents"] });
    return Object.fromEntries(ids.map((id, place) => [id, documents[place] ?? null]));
  });

export const statusOf = (page: Page): Promise<LinkStatus> => page.evaluate(() => window.linked.link.status());

export const syncNow = (page: Page): Promise<void> => page.evaluate(() => window.linked.link.sync());
