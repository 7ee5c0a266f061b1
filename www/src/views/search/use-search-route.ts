import { useCallback, useEffect, useRef, useState } from "react";
import { hrefOf, navigate, parseHash, type Route } from "../../lib/hash-route";
import { WORDNET } from "../../data/wordnet";
import { fromParams, toParams } from "../../search/search-params";
import type { Search } from "../../search/search";

/** Rest before the address follows, in milliseconds: browsers refuse pages that rewrite it with every key. */
const ADDRESS_PAUSE = 300;

/** The search of the page, which the address follows, and which follows the address when that is changed from outside. */
export function useSearchRoute(route: Route, collection: string): [Search, (part: Partial<Search>) => void] {
  const [search, setSearch] = useState(() => fromParams(route.params));
  const address = route.params.toString();
  const written = useRef(address);

  useEffect(() => {
    if (address === written.current) return;
    written.current = address;
    setSearch(fromParams(new URLSearchParams(address)));
  }, [address]);

  useEffect(() => {
    const timer = setTimeout(() => {
      // A link was followed, and the page is about to change: going back to the search would undo it.
      const now = parseHash(location.hash);
      if (now.view !== "search" || (now.argument ?? WORDNET) !== collection) return;
      const params = toParams(search);
      written.current = params.toString();
      navigate(hrefOf("search", collection === WORDNET ? undefined : collection, params), { replace: true });
    }, ADDRESS_PAUSE);
    return () => clearTimeout(timer);
  }, [search, collection]);

  const change = useCallback((part: Partial<Search>) => setSearch((before) => ({ ...before, ...part })), []);
  return [search, change];
}
