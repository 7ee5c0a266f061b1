import { ChromaClient, open } from "chromatid";
// Makes the function of indexes of words known, so that it is built again from a stored schema.
import "chromatid/bm25";
import { registerModels } from "../embedding/register";
import { browseKey, type Browsed } from "./browsed";

/** The client of an open store. */
export type Store = Awaited<ReturnType<typeof open>>;

/** What the store tells about itself. */
export type StoreInfo = Awaited<ReturnType<Store["info"]>>;

/** A store of this browser, and what opens it. The passphrase is kept in memory only. */
export interface StoreKey {
  name: string;
  passphrase: string | undefined;
}

/** Opens a store, where the browser keeps data best. */
export function openStore({ name, passphrase }: StoreKey): Promise<Store> {
  registerModels();
  return open({ name, allowReset: true, ...(passphrase !== undefined && { encryption: { passphrase } }) });
}

/** Opens the place that the page was opened to show: the program that serves it passes on what it asks. The model of the glosses is not part of it. */
export async function openBrowsed({ tenant, database }: Browsed): Promise<Store> {
  const headers = { "x-chroma-token": await browseKey() };
  const store = new ChromaClient({ path: location.origin, headers, ...(tenant && { tenant }), ...(database && { database }) });
  await store.countCollections();
  return store;
}

/** Whether a store could not be opened for want of the right passphrase. One that is open already says so in other words. */
export function isLocked(error: unknown): boolean {
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++) {
    if (link.name === "EncryptionKeyError" || /another key or passphrase/.test(link.message)) return true;
  }
  return false;
}
