/** Housekeeping around an engine: compaction when it is idle, timely flushes, no calls into a wreck. */

import { connectionLost, describeError } from "./errors.js";
import { type Durability, type Engine, interceptEngine, invoke, isWrite } from "./engine.js";

/** Quiet time after which housekeeping starts, in milliseconds: longer than pauses between keystrokes. */
export const IDLE_MS = 500;

/** Delay of the flush after a relaxed write, in milliseconds: leaves 50 of the promised 250 for the flush. */
export const FLUSH_MS = 200;

/** What the caretaker reports besides the engine's own information. */
export interface CareReport {
  /** Message of the last housekeeping step, if it failed. */
  error: string | null;
}

/** An engine that is looked after. */
export interface AttendedEngine extends Engine {
  /** How the last housekeeping step went. */
  care(): CareReport;
}

/**
 * Wraps an engine so that `maintain()` runs after {@link IDLE_MS} without calls, again and again while
 * it has more to do and no call comes in between, and so that relaxed writes are flushed in time.
 * A trap of the wasm instance ends the engine: later calls are refused, since its memory cannot be trusted.
 */
export function attend(engine: Engine, durability: Durability): AttendedEngine {
  const caretaker = new Caretaker(engine, durability);
  const attended = interceptEngine((method, args) => {
    switch (method) {
      case "close":
        return caretaker.close();
      // Waits for others, and is no work.
      case "nextChange":
        return invoke(engine, method, args);
      default:
        return caretaker.run(() => invoke(engine, method, args), isWrite(method));
    }
  });
  return Object.assign(attended, { care: () => ({ error: caretaker.error }) });
}

class Caretaker {
  readonly #engine: Engine;
  readonly #relaxed: boolean;
  #running = 0;
  /** Goes off {@link IDLE_MS} after the last call, or earlier and is set again: calls do not touch it. */
  #idle: Timer | undefined;
  #quietSince = 0;
  #flush: Timer | undefined;
  /** The housekeeping under way; never rejects. */
  #chore: Promise<unknown> = Promise.resolve();
  #ended: Error | undefined;
  error: string | null = null;

  constructor(engine: Engine, durability: Durability) {
    this.#engine = engine;
    this.#relaxed = durability === "relaxed";
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

  async close(): Promise<void> {
    if (this.#ended) {
      return;
    }
    this.#end(connectionLost("the store is closed"));
    await this.#chore;
    await this.#engine.close();
  }

  #rest(): void {
    if (this.#running === 0 && !this.#ended) {
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
