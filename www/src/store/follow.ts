import type { Collection, Unsubscribe, WatchArgs, Watched } from "chromatid";

/**
 * Watches a collection, and goes on when a watch that has worked is lost (with the engine's worker, say): it is begun anew. One
 * that does not get as far as a result is not, and `fail` is told.
 */
export function follow<A extends WatchArgs>(
  collection: Collection,
  args: A,
  show: (result: Watched<A>) => unknown,
  fail: (error: unknown) => void,
): Unsubscribe {
  let isOver = false;
  let end: Unsubscribe = () => undefined;
  const begin = (): void => {
    let hasWorked = false;
    end = collection.watch(
      args,
      async (result) => {
        await show(result);
        hasWorked = true;
      },
      (error) => {
        if (isOver) return;
        if (hasWorked) begin();
        else fail(error);
      },
    );
  };
  begin();
  return () => {
    isOver = true;
    end();
  };
}
