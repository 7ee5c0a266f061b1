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

/** The clock of a server, told by this one and the offset between them. */
export class ServerClock {
  readonly #now: () => number;
  #offset = 0;
  #measured = -Infinity;
  #last = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds that the server is ahead. */
  get offset(): number {
    return this.#offset;
  }

  /** Asks the server for its time, in milliseconds, unless it was asked a short while ago. */
  async measure(ask: () => Promise<number>): Promise<void> {
    const since = this.#now() - this.#measured;
    if (since >= 0 && since < OFFSET_MS) {
      return;
    }
    let fastest = Infinity;
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const sent = this.#now();
      const theirs = await ask();
      const took = this.#now() - sent;
      if (took >= 0 && took < fastest) {
        fastest = took;
        this.#offset = theirs - (sent + took / 2);
      }
    }
    this.#measured = this.#now();
  }

  /** Forgets the offset: the clock of this machine may have been set meanwhile, during a sleep for instance. */
  forget(): void {
    this.#measured = -Infinity;
  }

  /** Milliseconds since 1970 at the server. */
  now(): number {
    return this.#now() + this.#offset;
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
