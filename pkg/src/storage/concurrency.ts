/** Many requests, some at a time. */

/**
 * Calls `work` for every item, at most `limit` at a time; answers in the order of the items. After a failure nothing more is begun, and it
 * throws once what was begun has ended: no request outlives the call.
 */
export async function mapConcurrently<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const place = next++;
      try {
        results[place] = await work(items[place] as T);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures.length > 0) {
    throw failures[0];
  }
  return results;
}
