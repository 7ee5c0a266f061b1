/** What a handler has done so far. */

export interface Counters {
  /** Milliseconds since 1970 of its making. */
  since: number;
  requests: number;
  /** Requests under way. */
  active: number;
  /** Requests that wait for changes. */
  waiting: number;
  /** Answers by their status. */
  statuses: Record<number, number>;
  /** Bytes of bodies that were read. */
  bytesIn: number;
  /** Bytes of bodies that were answered. */
  bytesOut: number;
}

export function newCounters(): Counters {
  return { since: Date.now(), requests: 0, active: 0, waiting: 0, statuses: {}, bytesIn: 0, bytesOut: 0 };
}

export function countAnswer(counters: Counters, status: number, bytes: number): void {
  counters.statuses[status] = (counters.statuses[status] ?? 0) + 1;
  counters.bytesOut += bytes;
}
