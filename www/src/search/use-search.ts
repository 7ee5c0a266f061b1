import type { Collection } from "chromatid";
import { startTransition, useEffect, useMemo, useState } from "react";
import { useDebounced } from "../lib/hooks";
import { isEmpty, runSearch, type Outcome, type Search } from "./search";

/** Rest after a key stroke before a search starts, in milliseconds. */
const TYPING_PAUSE = 60;

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
 * overtaken are dropped. Typing is waited for; choices count at once.
 */
export function useSearch(collection: Collection, search: Search, revision: number): SearchState {
  const [settled, setSettled] = useState<Settled>();
  const text = useDebounced(search.text, TYPING_PAUSE);
  const { mode, selection, like } = search;
  const asked = useMemo((): Search => ({ text, mode, selection, like }), [text, mode, selection, like]);

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
  }, [collection, asked, revision]);

  // What was found before the box was emptied must not show up again when typing begins anew.
  if (settled && isEmpty(asked)) setSettled(undefined);
  return { outcome: settled?.outcome, error: settled?.error, pending: !isEmpty(asked) && settled?.asked !== asked };
}
