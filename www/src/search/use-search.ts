import type { Collection, SearchResult } from "chromatid";
import { useCount } from "chromatid/react";
import { startTransition, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { accessVersion, subscribeAccess } from "../embedding/access";
import { useDebounced } from "../lib/hooks";
import { useWatchedChange } from "../store/use-watch";
import { RESULT_LIMIT } from "./hit";
import { isEmpty, runSearch, type Outcome, type Search } from "./search";

/** Rest after a key stroke before a search starts, in milliseconds. */
const TYPING_PAUSE = 60;

/** Rest before what was found is followed: answers that are typed over at once are not worth it, in milliseconds. */
const WATCH_PAUSE = 250;

export interface SearchState {
  outcome: Outcome | undefined;
  error: unknown;
  pending: boolean;
}

/** How the latest search that came to an end ended. */
interface Settled {
  asked: Search;
  outcome?: Outcome;
  error?: unknown;
}

/**
 * The outcome of the latest search. While the next one runs, the one before stays, and answers that a newer search has
 * overtaken are dropped. Typing is waited for; choices count at once. What changes in the collection is followed.
 */
export function useSearch(collection: Collection, search: Search): SearchState {
  const [settled, setSettled] = useState<Settled>();
  const text = useDebounced(search.text, TYPING_PAUSE);
  const { mode, selection, like } = search;
  const asked = useMemo((): Search => ({ text, mode, selection, like }), [text, mode, selection, like]);
  const changes = useChanges(collection, settled?.outcome);
  // What its model was not allowed to be asked is asked once it is.
  const access = useSyncExternalStore(subscribeAccess, accessVersion);

  useEffect(() => {
    if (isEmpty(asked)) return;
    let current = true;
    runSearch(collection, asked).then(
      (outcome) => {
        // A transition: drawing the cards gives way to the next key.
        if (current) startTransition(() => setSettled({ asked, outcome }));
      },
      (error: unknown) => current && setSettled({ asked, error }),
    );
    return () => {
      current = false;
    };
  }, [collection, asked, changes, access]);

  // What was found before the box was emptied must not show up again when typing begins anew.
  if (settled && isEmpty(asked)) setSettled(undefined);
  return { outcome: settled?.outcome, error: settled?.error, pending: !isEmpty(asked) && settled?.asked !== asked };
}

/** Grows when what was found has changed, or records came or went that the facets count. */
function useChanges(collection: Collection, outcome: Outcome | undefined): number {
  const [changes, setChanges] = useState(0);
  const followed = useDebounced(outcome, WATCH_PAUSE);
  const args = useMemo(() => (followed && followed.searches.length > 0 ? { search: followed.searches } : undefined), [followed]);
  const act = useCallback(
    (result: SearchResult, isFirst: boolean) => {
      // The first result is what is shown already, unless a write came in between.
      if (!isFirst || !finds(result, followed)) setChanges((before) => before + 1);
    },
    [followed],
  );
  useWatchedChange(collection, args, act);

  const { data: count } = useCount(collection);
  const counted = useRef(count);
  useEffect(() => {
    if (counted.current !== undefined && counted.current !== count) setChanges((before) => before + 1);
    counted.current = count;
  }, [count]);
  return changes;
}

/** Whether a result has the hits of an outcome; a search for the like of a record finds that one too. */
function finds({ ids }: SearchResult, outcome: Outcome | undefined): boolean {
  const like = outcome?.search.like;
  const found = (ids[0] ?? []).filter((id) => id !== like).slice(0, RESULT_LIMIT);
  return outcome !== undefined && outcome.hits.every(({ id }, i) => id === found[i]) && found.length === outcome.hits.length;
}
