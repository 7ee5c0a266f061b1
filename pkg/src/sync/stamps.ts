/**
 * Times of a hybrid logical clock, as integers that every JSON reader keeps exact: milliseconds since 1970 times 2^11, and a counter within the
 * millisecond. They fit 53 bits until the year 2109.
 */

/** Counts within a millisecond. */
export const PER_MILLISECOND = 2048;

/** A time that no clock of today shows: the edit stamp of what was there before anybody counted. */
export const UNKNOWN_EDIT = 1;

/** The first stamp of a millisecond. */
export function stampOf(milliseconds: number): number {
  return Math.floor(milliseconds) * PER_MILLISECOND;
}

/** The millisecond of a stamp. */
export function millisecondsOf(stamp: number): number {
  return Math.floor(stamp / PER_MILLISECOND);
}

/** How many times the server is asked for its time; the answer that came fastest counts. */
const SAMPLES = 3;

/** How long an offset is trusted, in milliseconds. */
const OFFSET_MS = 600_000;

/** By how much two clocks of this machine may differ before one of them counts as set, in milliseconds. */
const DRIFT_MS = 1000;

/** Clocks of this machine, in milliseconds: one that tells the time and may be set, and one that only goes on. */
export interface Clocks {
  now(): number;
  elapsed(): number;
}

/** The clock of a server, told by this machine's and the offset between them. */
export class ServerClock {
  readonly #clocks: Clocks;
  #offset = 0;
  /** When the offset was measured, by both clocks. */
  #measured: { now: number; elapsed: number } | undefined;
  #last = 0;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** Milliseconds that the server is ahead. */
  get offset(): number {
    return this.#offset;
  }

  /** Asks the server for its time, in milliseconds, unless it was asked a short while ago. */
  async measure(ask: () => Promise<number>): Promise<void> {
    if (this.#isTrusted()) {
      return;
    }
    let [offset, fastest] = [0, Infinity];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const sent = this.#clocks.elapsed();
      const theirs = await ask();
      const took = this.#clocks.elapsed() - sent;
      if (took < fastest) {
        fastest = took;
        offset = theirs - (this.#clocks.now() - took / 2);
      }
    }
    // Both at once: half a measurement is none.
    this.#offset = offset;
    this.#measured = { now: this.#clocks.now(), elapsed: this.#clocks.elapsed() };
  }

  /** The offset is good for a while, unless the clock of this machine was set, or the machine has slept. */
  #isTrusted(): boolean {
    if (!this.#measured) {
      return false;
    }
    const elapsed = this.#clocks.elapsed() - this.#measured.elapsed;
    const drift = this.#clocks.now() - this.#measured.now - elapsed;
    return elapsed < OFFSET_MS && Math.abs(drift) < DRIFT_MS;
  }

  /** Milliseconds since 1970 at the server. */
  now(): number {
    return this.#clocks.now() + this.#offset;
  }

  /** A stamp of now, larger than any before, also when a clock is set back. */
  stamp(): number {
    this.#last = Math.max(stampOf(this.now()), this.#last + 1);
    return this.#last;
  }

  /** The stamp, by the server's clock, of an edit that this machine's clock has stamped. */
  ofEdit(stamp: number): number {
    return stamp <= UNKNOWN_EDIT ? stamp : stamp + stampOf(this.#offset);
  }
}
