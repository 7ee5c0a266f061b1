import type { Collection } from "chromatid";
import { startTransition, useEffect, useState } from "react";
import { useDebounced } from "../lib/hooks";
import { isEmpty, runSearch, type Outcome, type Search } from "./search";

/** Rest after a key stroke before a search starts, in milliseconds. */
const TYPING_PAUSE = 60;

export interface SearchState {
  outcome: Outcome | undefined;
  error: unknown;
  pending: boolean;
}

const NOTHING: SearchState = { outcome: undefined, error: undefined, pending: false };

/**
 * The outcome of the latest search. While the next one runs, the one before stays, and answers that a newer search has
 * overtaken are dropped. Typing is waited for; choices count at once.
 */
export function useSearch(collection: Collection, search: Search, revision: number): SearchState {
  const [state, setState] = useState<SearchState>(NOTHING);
  const text = useDebounced(search.text, TYPING_PAUSE);
  const { mode, selection, like } = search;
  useEffect(() => {
    const asked: Search = { text, mode, selection, like };
    if (isEmpty(asked)) {
      setState(NOTHING);
      return;
    }
    let current = true;
    setState((before) => ({ ...before, pending: true }));
    runSearch(collection, asked).then(
      (outcome) => {
        // A transition: drawing the cards gives way to the next key.
        if (current) startTransition(() => setState({ outcome, error: undefined, pending: false }));
      },
      (error: unknown) => current && setState({ outcome: undefined, error, pending: false }),
    );
    return () => {
      current = false;
    };
  }, [collection, text, mode, selection, like, revision]);
  return state;
}
