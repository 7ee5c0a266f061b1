/** The console's store on its way into another one: what is kept where, and pages that stand still on the way. */

import type { Locator, Page } from "@playwright/test";
import { expect } from "@playwright/test";

import type { ChromaClient } from "../../../pkg/src/index.js";
import { place } from "./console-page";

export const PASSPHRASE = "correct horse battery";

export const region = (page: Page, name: string): Locator => page.getByRole("region", { name });
export const dialog = (page: Page): Locator => page.getByRole("dialog");
export const passphraseField = (page: Page): Locator => page.getByLabel("Passphrase", { exact: true });
export const locked = (page: Page): Locator => page.getByRole("heading", { name: "The data of this browser are encrypted" });

export async function openSettings(page: Page): Promise<void> {
  await page.getByRole("banner").getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
}

/** Adds a collection of 300 records beside the glosses. */
export async function addNotes(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const client = await (window as unknown as { chromatid: { open: () => Promise<ChromaClient> } }).chromatid.open();
    const notes = await client.createCollection({ name: "notes", embeddingFunction: null });
    const ids = Array.from({ length: 300 }, (_, number) => `note ${String(number)}`);
    await notes.add({ ids, embeddings: ids.map((_, number) => [number, 1]), documents: ids.map((id) => `text of ${id}`) });
    await client.close();
  });
}

/** Opens the dialog and sends it. */
export async function encrypt(page: Page, passphrase = PASSPHRASE): Promise<void> {
  await openSettings(page);
  await region(page, "Encryption").getByRole("button", { name: "Encrypt with a passphrase…" }).click();
  await dialog(page).getByLabel("New passphrase").fill(passphrase);
  await dialog(page).getByLabel("The same again").fill(passphrase);
  await dialog(page).getByRole("button", { name: "Encrypt everything" }).click();
}

export const encrypted = (page: Page): Locator => page.getByText("Everything is encrypted now.");

export async function unlock(page: Page, passphrase = PASSPHRASE): Promise<void> {
  await passphraseField(page).fill(passphrase);
  await page.getByRole("button", { name: "Unlock" }).click();
}

/** Both collections have all their records. */
export async function expectEverything(page: Page): Promise<void> {
  await place(page, "Collections").click();
  await expect(page.getByRole("article", { name: "notes" })).toContainText("300");
  await expect(page.getByRole("article", { name: "wordnet" })).toContainText("5,000");
}

/** The stores of the origin, in its private file system and in IndexedDB. */
export async function storesOf(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const names: string[] = [];
    const root = "getDirectory" in navigator.storage ? await navigator.storage.getDirectory() : undefined;
    const parent = await root?.getDirectoryHandle("chromatid", { create: true });
    if (parent) for await (const name of (parent as FileSystemDirectoryHandle & { keys(): AsyncIterable<string> }).keys()) names.push(name);
    const databases = await indexedDB.databases();
    return [...names, ...databases.flatMap(({ name = "" }) => (name.startsWith("chromatid:") ? [name] : []))].sort();
  });
}

/** Where a page stands still, as if it was ended there: before something it would ask the engine for (or `fails` with that), or would write. */
export type Standstill = { call: string; after: number; fails?: boolean } | { write: number };

interface Stopped {
  stopped?: boolean;
  goOn?: () => void;
}

/** Lets the pages to come stand still at some point of the next move; `goOn` lets one go on. */
export async function standStill(page: Page, at: Standstill): Promise<void> {
  await page.evaluate((point) => {
    const state = window as unknown as Stopped;
    if ("call" in point) {
      const post = Reflect.get(Worker.prototype, "postMessage") as (this: Worker, ...args: unknown[]) => void;
      let calls = 0;
      const held: (() => void)[] = [];
      Worker.prototype.postMessage = function (this: Worker, ...args: unknown[]) {
        const { method } = (args[0] ?? {}) as { method?: string };
        if (method !== point.call || calls++ < point.after) {
          post.apply(this, args);
          return;
        }
        if (point.fails) throw new Error("a fault");
        held.push(() => post.apply(this, args));
        state.stopped = true;
      };
      state.goOn = () => {
        Worker.prototype.postMessage = post;
        held.forEach((send) => send());
      };
    } else {
      const begin = Reflect.get(IDBDatabase.prototype, "transaction") as (this: IDBDatabase, ...args: unknown[]) => IDBTransaction;
      let writes = 0;
      IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args: unknown[]) {
        if (this.name !== "chromatid-console" || args[1] !== "readwrite" || ++writes < point.write) return begin.apply(this, args);
        state.stopped = true;
        // One that never begins.
        return { objectStore: () => ({ get: () => ({}), put: () => undefined }) } as unknown as IDBTransaction;
      };
    }
  }, at);
}

export const stopped = (page: Page): Promise<unknown> => page.waitForFunction(() => (window as unknown as Stopped).stopped === true);

export const goOn = (page: Page): Promise<void> => page.evaluate(() => (window as unknown as Stopped).goOn?.());
