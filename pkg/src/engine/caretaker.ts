/** Housekeeping around an engine: compaction when it is idle, timely flushes, no calls into a wreck. */

import { connectionLost, describeError } from "./errors.js";
import type { Sharing } from "./sharing/shared-store.js";
import { type Durability, type Engine, type Housekeeping, interceptEngine, invoke, isWrite } from "./engine.js";

/** Quiet time after which housekeeping starts, in milliseconds: longer than pauses between keystrokes. */
export const IDLE_MS = 500;

/** Delay of the flush after a relaxed write, in milliseconds: leaves 50 of the promised 250 for the flush. */
export const FLUSH_MS = 200;

/** What the caretaker reports besides the engine's own information. */
export interface CareReport {
  /** Message of the last housekeeping step, if it failed. */
  error: string | null;
  /** Of a store that contexts of one origin share. */
  sharing?: Sharing;
}

/** An engine that is looked after. */
export interface AttendedEngine extends Engine {
  /** How the last housekeeping step went. */
  care(): CareReport;
}

/** How an engine is looked after. */
export interface CareOptions {
  durability: Durability;
  /** Default `idle`. */
  housekeeping?: Housekeeping;
}

/**
 * Wraps an engine so that `maintain()` runs after {@link IDLE_MS} without calls, again and again while
 * it has more to do and no call comes in between, and so that relaxed writes are flushed in time.
 * With `manual` housekeeping no timer is ever set for the former: a Durable Object is kept in memory, and billed, by its timers.
 * A trap of the wasm instance ends the engine: later calls are refused, since its memory cannot be trusted.
 */
export function attend(engine: Engine, options: CareOptions): AttendedEngine {
  const caretaker = new Caretaker(engine, options);
  const attended = interceptEngine((method, args) => {
    switch (method) {
      case "close":
        return caretaker.close();
      // Waits for others, and is no work.
      case "nextChange":
        return invoke(engine, method, args);
      case "maintain":
        return caretaker.maintain();
      default:
        return caretaker.run(() => invoke(engine, method, args), isWrite(method));
    }
  });
  return Object.assign(attended, { care: () => ({ error: caretaker.error }) });
}

class Caretaker {
  readonly #engine: Engine;
  readonly #relaxed: boolean;
  readonly #idleWork: boolean;
  #running = 0;
  /** Goes off {@link IDLE_MS} after the last call, or earlier and is set again: calls do not touch it. */
  #idle: Timer | undefined;
  #quietSince = 0;
  #flush: Timer | undefined;
  /** The housekeeping under way; never rejects. */
  #chore: Promise<unknown> = Promise.resolve();
  #ended: Error | undefined;
  error: string | null = null;

  constructor(engine: Engine, { durability, housekeeping = "idle" }: CareOptions) {
    this.#engine = engine;
    this.#relaxed = durability === "relaxed";
    this.#idleWork = housekeeping === "idle";
    this.#rest();
  }

  async run(call: () => Promise<unknown>, write: boolean): Promise<unknown> {
    if (this.#ended) {
      throw this.#ended;
    }
    this.#running += 1;
    try {
      const answer = await call();
      if (write && this.#relaxed) {
        this.#scheduleFlush();
      }
      return answer;
    } catch (error) {
      this.#endOnTrap(error);
      throw error;
    } finally {
      this.#running -= 1;
      this.#rest();
    }
  }

  /** One slice of housekeeping for a caller, after the chore under way. */
  maintain(): Promise<unknown> {
    return this.run(() => {
      const step = this.#chore.then(() => this.#engine.maintain());
      this.#chore = step.catch(() => undefined);
      return step;
    }, false);
  }

  async close(): Promise<void> {
    if (this.#ended) {
      return;
    }
    this.#end(connectionLost("the store is closed"));
    await this.#chore;
    await this.#engine.close();
  }

  #rest(): void {
    if (this.#idleWork && this.#running === 0 && !this.#ended) {
      this.#quietSince = performance.now();
      this.#idle ??= this.#afterQuiet(IDLE_MS);
    }
  }

  #afterQuiet(wait: number): Timer {
    const timer = setTimeout(() => {
      this.#idle = undefined;
      // A call under way starts the clock anew when it ends.
      if (this.#running === 0) {
        const left = this.#quietSince + IDLE_MS - performance.now();
        if (left > 0) {
          this.#idle = this.#afterQuiet(left);
        } else {
          this.#do(() => this.#maintain());
        }
      }
    }, wait);
    // Where timers keep a process alive, waiting for idle time must not.
    (timer as { unref?(): void }).unref?.();
    return timer;
  }

  #scheduleFlush(): void {
    if (this.#flush === undefined && !this.#ended) {
      this.#flush = setTimeout(() => {
        this.#flush = undefined;
        this.#do(() => this.#engine.flush());
      }, FLUSH_MS);
    }
  }

  async #maintain(): Promise<void> {
    while (this.#running === 0 && !this.#ended && (await this.#engine.maintain())) {
      // A slice at a time: calls that came in meanwhile go first, and their end starts the idle clock anew.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  /** Runs a chore after the one under way. Its failure is kept for `info()`: there is no caller to tell. */
  #do(chore: () => Promise<unknown>): void {
    this.#chore = this.#chore.then(chore).then(
      () => {
        this.error = null;
      },
      (error: unknown) => {
        this.error = describeError(error).message;
        this.#endOnTrap(error);
      },
    );
  }

  #endOnTrap(error: unknown): void {
    if (error instanceof WebAssembly.RuntimeError) {
      this.#end(connectionLost("the engine stopped after an internal error: open the store again", error));
    }
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    clearTimeout(this.#idle);
    clearTimeout(this.#flush);
  }
}

type Timer = ReturnType<typeof setTimeout>;
