// Times of single queries, and what is said of them.

/** Milliseconds on the clock that pages and workers share. */
export const now = () => performance.timeOrigin + performance.now();

/** @param {() => unknown} work */
export async function milliseconds(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** @param {number[]} times of queries that were asked one by one */
export function summaryOf(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { queries: times.length, p50_ms: at(0.5), p99_ms: at(0.99), mean_ms: mean };
}
