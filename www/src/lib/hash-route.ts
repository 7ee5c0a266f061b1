import { useSyncExternalStore } from "react";

/** Where the page is: `#/records/wordnet?page=2` is view `records`, argument `wordnet`, one parameter. */
export interface Route {
  view: string;
  argument: string | undefined;
  params: URLSearchParams;
}

/** Reads a location hash; an empty one is the search view. */
export function parseHash(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", argument] = path.split("/", 2);
  return { view: view || "search", argument: argument ? decode(argument) : undefined, params: new URLSearchParams(query) };
}

/** The hash of a place, for links. */
export function hrefOf(view: string, argument?: string, params?: URLSearchParams): string {
  const path = argument === undefined ? view : `${view}/${encodeURIComponent(argument)}`;
  const query = params?.toString();
  return query ? `#/${path}?${query}` : `#/${path}`;
}

/** Goes to a place; with `replace` without a step in the history. */
export function navigate(href: string, { replace = false } = {}): void {
  if (href === location.hash) return;
  if (!replace) {
    location.hash = href;
    return;
  }
  history.replaceState(history.state, "", href);
  // replaceState is silent, and the links that mark the current page listen for this event.
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** The current location hash; renders again when it changes. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => location.hash);
}

function subscribe(notify: () => void): () => void {
  addEventListener("hashchange", notify);
  return () => removeEventListener("hashchange", notify);
}

/** A hash is typed by people too: a stray percent sign is text, not an error. */
function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    return component;
  }
}
