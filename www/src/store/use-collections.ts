import type { Collection } from "chromatid";
import { useCallback } from "react";
import { useLoad, type Loaded } from "../lib/hooks";
import { useOpenStore, useSnapshot } from "./use-store";

/** More than anyone looks through; the views say so when there are more. */
export const COLLECTIONS_SHOWN = 500;

/** All collections by name, read again after each write of the page. */
export function useCollections(): Loaded<Collection[]> {
  const store = useOpenStore();
  const { revision } = useSnapshot();
  const load = useCallback(async () => {
    const collections = await store.listCollections({ limit: COLLECTIONS_SHOWN });
    return collections.sort((a, b) => a.name.localeCompare(b.name));
    // The revision is not read: it says when to read again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [store, revision]);
  return useLoad(load);
}
