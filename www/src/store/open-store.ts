import { ChromaClient, destroy, knownEmbeddingFunctions, open, registerEmbeddingFunction } from "chromatid";
// Makes the function of indexes of words known, so that it is built again from a stored schema.
import "chromatid/bm25";
import { MiniLmStatic, MINILM_STATIC } from "../embedding/minilm-static";
import { browsed, browseKey, type Browsed } from "./browsed";

/** The client of an open store. */
export type Store = Awaited<ReturnType<typeof open>>;

/** What the store tells about itself. */
export type StoreInfo = Awaited<ReturnType<Store["info"]>>;

const STORE_NAME = "console";

/** Opens the store of this page, where the browser keeps data best; or the place that the page was opened to show. */
export function openStore(): Promise<Store> {
  if (browsed) return openBrowsed(browsed);
  if (!knownEmbeddingFunctions.has(MINILM_STATIC)) registerEmbeddingFunction(MINILM_STATIC, MiniLmStatic);
  return open({ name: STORE_NAME, allowReset: true });
}

/** The program that serves the page passes on what it asks. The model of the glosses is not part of it. */
async function openBrowsed({ tenant, database }: Browsed): Promise<Store> {
  const headers = { "x-chroma-token": await browseKey() };
  const store = new ChromaClient({ path: location.origin, headers, ...(tenant && { tenant }), ...(database && { database }) });
  await store.countCollections();
  return store;
}

/** Deletes all data of this page. The store must not be open. */
export function destroyStore(): Promise<void> {
  return destroy(STORE_NAME);
}
