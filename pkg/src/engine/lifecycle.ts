/** What happens to a page: hidden, frozen, put into the back/forward cache, shown again. */

import type { Durability, Engine } from "./engine.js";

/** What a page's life means to a store that it holds. */
interface Holder {
  suspend?(): void;
  resume?(): void;
  hide?(): void;
  show?(): void;
}

/**
 * Lets go of a store while its page is frozen, so that other tabs go on, and takes it up again. What is not durable yet is made so when the page is
 * hidden: often that is the last that it hears. Nothing happens where there is no page.
 */
export function followLifecycle(
  holder: Holder,
  engine: Engine,
  { durability }: { durability: Durability },
  ending: AbortSignal,
): void {
  if (typeof document === "undefined") {
    return;
  }
  const options = { signal: ending };
  const suspend = (): void => holder.suspend?.();
  const resume = (): void => holder.resume?.();
  const isHidden = (): boolean => document.visibilityState === "hidden";
  const look = (): void => {
    if (!isHidden()) {
      holder.show?.();
      return;
    }
    holder.hide?.();
    if (durability === "relaxed") {
      // The page may end before anybody could be told of a failure; what was only relaxed is lost then, as promised.
      engine.flush().catch(() => undefined);
    }
  };
  document.addEventListener("freeze", suspend, options);
  addEventListener("pagehide", suspend, options);
  document.addEventListener("resume", resume, options);
  addEventListener("pageshow", resume, options);
  document.addEventListener("visibilitychange", look, options);
  look();
}
