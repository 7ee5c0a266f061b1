/** Live queries: a result now, and again whenever a write changes it. */

import type { Engine, WatchedRequests, WatchedResults } from "./engine/engine.js";
import { ChromaConnectionError } from "./errors.js";
import type { Session } from "./session.js";

/** Ends a live query; afterwards its callback is not called again. */
export type Unsubscribe = () => void;

/** Which request of which collection is watched. */
export interface Subject<K extends keyof WatchedRequests> {
  path: [tenant: string, database: string, collection: string];
  kind: K;
  request: WatchedRequests[K];
}

/**
 * Watches a request. `show` is called with the first result, and with each that differs from the one before, never while it is
 * still at work on one; results that came in between are passed over. What goes wrong, `show` included, goes to `fail` and ends it.
 */
export function watchRequest<K extends keyof WatchedRequests>(
  session: Session,
  { path, kind, request }: Subject<K>,
  show: (columns: WatchedResults[K]) => unknown,
  fail: (error: unknown) => void,
): Unsubscribe {
  const ending = new AbortController();
  const isOver = (): boolean => ending.signal.aborted;

  const followEngine = async (progress: { shown: boolean }): Promise<void> => {
    const engine = await session.engine();
    const number = await engine.watch(...path, kind, request);
    let forgotten = false;
    const forget = (): void => {
      if (!forgotten) {
        forgotten = true;
        engine.unwatch(number).catch(() => undefined);
      }
    };
    ending.signal.addEventListener("abort", forget);
    try {
      for (let seen = 0; !isOver(); seen = await nextChange(engine, seen)) {
        const columns = (await engine.refresh(number)) as WatchedResults[K] | null;
        await (columns !== null && !isOver() ? show(columns) : undefined);
        progress.shown = true;
      }
    } finally {
      forget();
    }
  };

  const follow = async (): Promise<void> => {
    const progress = { shown: false };
    try {
      await followEngine(progress);
    } catch (error) {
      // An engine that is lost is opened again by whoever asks next: the query goes on there.
      const isLost = progress.shown && error instanceof ChromaConnectionError;
      if (!isLost || isOver() || session.isClosed) {
        throw error;
      }
      await follow();
    }
  };

  follow().catch((error: unknown) => {
    // What fails because it was ended, or its client was closed, is nobody's concern.
    if (!isOver() && !session.isClosed) {
      fail(error);
    }
  });
  return () => ending.abort();
}

/** Changes that are waited for, by engine and by what is known already: all who watch wait for the same one. */
const waiting = new WeakMap<Engine, Map<number, Promise<number>>>();

/** Waits for a change that `seen` does not count; answers how many there are. */
export function nextChange(engine: Engine, seen: number): Promise<number> {
  let changes = waiting.get(engine);
  if (!changes) {
    changes = new Map();
    waiting.set(engine, changes);
  }
  let change = changes.get(seen);
  if (!change) {
    change = engine.nextChange(seen).finally(() => changes.delete(seen));
    changes.set(seen, change);
  }
  return change;
}
