import type { Collection, Search, SearchResult } from "chromatid";
import { useCallback, useMemo, useRef, useState } from "react";
import { useDebounced } from "../../lib/hooks";
import { useWatch } from "../../store/use-watch";

/** Rest before a search that is being edited is followed, in milliseconds. */
const EDIT_PAUSE = 250;

/** What a search came to. */
export interface QueryState {
  search: Search | undefined;
  result: SearchResult | undefined;
  error: unknown;
  milliseconds: number | undefined;
  pending: boolean;
}

interface Run extends QueryState {
  collection: Collection;
}

/** Runs a search when asked to; while live, follows it, and with it what is written to the collection. */
export function useQueryResult(collection: Collection, search: Search | undefined, isLive: boolean): QueryState & { run: () => void } {
  const [latest, setLatest] = useState<Run>();
  const runs = useRef(0);
  const run = useCallback(() => {
    if (!search) return;
    const number = ++runs.current;
    const start = performance.now();
    setLatest((before) => ({ collection, search, result: before?.result, error: undefined, milliseconds: before?.milliseconds, pending: true }));
    const settle = (part: Pick<Run, "result" | "error">) => {
      // An answer that a newer run has overtaken is dropped.
      if (number !== runs.current) return;
      setLatest({ collection, search, ...part, milliseconds: performance.now() - start, pending: false });
    };
    collection.search(search).then(
      (result) => settle({ result, error: undefined }),
      (error: unknown) => settle({ result: undefined, error }),
    );
  }, [collection, search]);

  const followed = useDebounced(search, EDIT_PAUSE);
  const args = useMemo(() => (isLive && followed ? { search: followed } : undefined), [isLive, followed]);
  const live = useWatch(collection, args);
  if (args) {
    const { value: result, error, milliseconds, pending } = live;
    return { run, search: args.search, result, error, milliseconds, pending };
  }
  return {
    run,
    search: latest?.search,
    result: latest?.result,
    error: latest?.error,
    milliseconds: latest?.milliseconds,
    pending: latest?.pending ?? false,
  };
}
