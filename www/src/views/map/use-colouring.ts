import type { Collection } from "chromatid";
import { useEffect, useState } from "react";
import { colourBy, plain, type Colouring } from "../../map/colours";

/** Colours of the points by a key; plain until they are read. Without a key they stay so. */
export function useColouring(collection: Collection, ids: readonly string[], key: string | undefined): { colouring: Colouring; error: unknown } {
  const [read, setRead] = useState<{ ids: readonly string[]; key: string; colouring?: Colouring; error?: unknown }>();
  useEffect(() => {
    if (key === undefined || ids.length === 0) return;
    const ending = new AbortController();
    const settle = (part: { colouring?: Colouring; error?: unknown }) => !ending.signal.aborted && setRead({ ids, key, ...part });
    colourBy(collection, ids, key, ending.signal).then(
      (colouring) => settle({ colouring }),
      (error: unknown) => settle({ error }),
    );
    return () => ending.abort();
  }, [collection, ids, key]);
  const isCurrent = read !== undefined && read.key === key && read.ids === ids;
  return { colouring: (isCurrent ? read.colouring : undefined) ?? plain(ids.length), error: isCurrent ? read.error : undefined };
}
