import type { Collection, WatchArgs, Watched } from "chromatid";
import { useEffect, useState } from "react";
import { noteTiming, type Operation } from "./timings";

export interface Watching<T> {
  /** The latest result; that of the arguments before stays until the first of the present ones is there */
  value: T | undefined;
  error: unknown;
  /** From the call to the first result */
  milliseconds: number | undefined;
  pending: boolean;
}

interface Seen<T> {
  args: WatchArgs;
  collection: Collection;
  value?: T;
  error?: unknown;
  milliseconds?: number;
}

/**
 * Follows what the arguments (which must be kept between renders) find in a collection, until the caller is gone or asks
 * for something else. Without arguments nothing is followed.
 */
export function useWatch<A extends WatchArgs>(collection: Collection, args: A | undefined, operation?: Operation): Watching<Watched<A>> {
  const [seen, setSeen] = useState<Seen<Watched<A>>>();
  useEffect(() => {
    if (!args) return;
    const start = performance.now();
    let milliseconds: number | undefined;
    return collection.watch(
      args,
      (value) => {
        if (milliseconds === undefined) {
          milliseconds = performance.now() - start;
          if (operation) noteTiming(operation, milliseconds);
        }
        setSeen({ args, collection, value, milliseconds });
      },
      (error) => setSeen((before) => ({ ...before, args, collection, error })),
    );
  }, [collection, args, operation]);
  const isCurrent = seen !== undefined && seen.args === args && seen.collection === collection;
  return {
    value: seen?.value,
    error: isCurrent ? seen.error : undefined,
    milliseconds: seen?.milliseconds,
    pending: args !== undefined && !isCurrent,
  };
}

/** Calls `act` (which must be kept between renders) with what the arguments find, and after each change of it. */
export function useWatchedChange<A extends WatchArgs>(
  collection: Collection,
  args: A | undefined,
  act: (result: Watched<A>, isFirst: boolean) => void,
): void {
  useEffect(() => {
    if (!args) return;
    let isFirst = true;
    return collection.watch(
      args,
      (result) => {
        act(result, isFirst);
        isFirst = false;
      },
      // What is watched is read by the caller too, who tells what is wrong with it.
      () => undefined,
    );
  }, [collection, args, act]);
}
