import { useSyncExternalStore } from "react";

/** What was timed, from the call in the page to the answer in the page. */
export type Operation = "meaning" | "words" | "both" | "similar" | "records";

export interface Timing {
  operation: Operation;
  milliseconds: number;
  /** Milliseconds since 1970 */
  at: number;
}

/** How many of the latest timings are kept. */
const KEPT = 200;

let timings: readonly Timing[] = [];
const listeners = new Set<() => void>();

/** Runs `work` and notes how long it took; failures are not noted. */
export async function timed<T>(operation: Operation, work: () => Promise<T>): Promise<{ value: T; milliseconds: number }> {
  const start = performance.now();
  const value = await work();
  const milliseconds = performance.now() - start;
  noteTiming(operation, milliseconds);
  return { value, milliseconds };
}

/** Notes how long something took. */
export function noteTiming(operation: Operation, milliseconds: number): void {
  timings = [...timings.slice(1 - KEPT), { operation, milliseconds, at: Date.now() }];
  listeners.forEach((notify) => notify());
}

/** The latest timings, oldest first. */
export function useTimings(): readonly Timing[] {
  return useSyncExternalStore(
    (notify) => {
      listeners.add(notify);
      return () => listeners.delete(notify);
    },
    () => timings,
  );
}

/** Median and 95th percentile (nearest rank) in milliseconds; undefined without values. */
export function percentiles(values: readonly number[]): { median: number; p95: number } | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { median: at(0.5), p95: at(0.95) };
}
