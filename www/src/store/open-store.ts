import { destroy, knownEmbeddingFunctions, open, registerEmbeddingFunction } from "chromatid";
// Makes the function of indexes of words known, so that it is built again from a stored schema.
import "chromatid/bm25";
import { MiniLmStatic, MINILM_STATIC } from "../embedding/minilm-static";

/** The client of an open store. */
export type Store = Awaited<ReturnType<typeof open>>;

/** What the store tells about itself. */
export type StoreInfo = Awaited<ReturnType<Store["info"]>>;

const STORE_NAME = "console";

/** Opens the store of this page, where the browser keeps data best. */
export function openStore(): Promise<Store> {
  if (!knownEmbeddingFunctions.has(MINILM_STATIC)) registerEmbeddingFunction(MINILM_STATIC, MiniLmStatic);
  return open({ name: STORE_NAME, allowReset: true });
}

/** Deletes all data of this page. The store must not be open. */
export function destroyStore(): Promise<void> {
  return destroy(STORE_NAME);
}
