/** Links of a store that moves. What a link knows of its server is no part of a copy: it begins anew, with the same settings. */

import type { LinkOptions, StoredLink } from "chromatid";
import { plural } from "../lib/format";
import { optionsOf } from "./links";
import type { Store } from "./open-store";
import { readPaused, writePaused } from "./paused-links";

/** Edits that wait for a server would be taken for those of nobody. */
export class WaitingEditsError extends Error {
  override readonly name = "WaitingEditsError";
}

/** The links of a store, once it is sure that none has edits that its server lacks. */
export async function settledLinks(store: Store): Promise<StoredLink[]> {
  const links = await store.links();
  for (const { name, settings } of links) {
    const link = await store.link({ name }, silent(settings));
    const { pending } = await link.status().finally(() => link.close());
    if (pending > 0) throw new WaitingEditsError(`${plural(pending, "edit")} in “${name}” ${pending === 1 ? "has" : "have"} not been sent to its server yet`);
  }
  return links;
}

/** Notes the same links in a store that has their collections. */
export async function remakeLinks(store: Store, links: readonly StoredLink[]): Promise<void> {
  const paused = await readPaused();
  for (const { name, settings } of links) {
    const link = await store.link({ name }, silent(settings));
    await link.close();
    if (paused.has(settings.replica)) await writePaused(link.settings.replica, true);
  }
}

/** The options of a link that asks no server anything. */
function silent(settings: StoredLink["settings"]): LinkOptions {
  const options = optionsOf(settings);
  const nobody = (): Promise<Response> => Promise.reject(new TypeError("Nothing is sent while the store moves"));
  return {
    ...options,
    // What is not kept is asked for again when the link is opened: that it is needed, and that a function decides.
    remote: { ...options.remote, ...(settings.needsCredentials && { headers: {} }) },
    ...(settings.conflict === "function" && { conflict: () => null }),
    surroundings: { fetch: nobody },
  };
}
