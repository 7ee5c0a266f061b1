import { useEffect, useSyncExternalStore } from "react";
import type { Links, LinksSnapshot } from "./links";
import { useConsoleStore } from "./use-store";

/** How often links that are looked at are asked what waits, in milliseconds. */
const POLL_MS = 2000;

/** The links' object, for actions. */
export function useLinkStore(): Links {
  return useConsoleStore().links;
}

/** The links and what they do, as it changes. */
export function useLinks(): LinksSnapshot {
  const links = useLinkStore();
  useEffect(() => {
    const poll = (): void => {
      if (document.visibilityState === "visible") void links.poll();
    };
    // Also what another tab has done meanwhile.
    void links.refresh();
    const timer = setInterval(poll, POLL_MS);
    return () => clearInterval(timer);
  }, [links]);
  return useSyncExternalStore(links.subscribe, links.getSnapshot);
}
