/** Waits at a remote until something has changed there: it rings, instead of being asked again and again. */

import type { Context } from "./context.js";
import { RemoteError } from "./errors.js";
import { follows } from "./follow.js";
import type { Session } from "./state.js";
import type { Surroundings } from "./transport.js";

/** Links of a page that wait at one server: browsers open six connections to it, and the others are for everything else. */
const MOST = 3;

/** Longer than that no request may take in all ({@link DEADLINE_MS}). */
const LONGEST_S = 25;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 300_000;

/** How many wait at each server. */
const waiting = new Map<string, number>();

export class Doorbell {
  readonly #surroundings: Surroundings;
  #failures = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Whether it is to be relied on. */
  get works(): boolean {
    return this.#failures === 0;
  }

  /** Whether there is one, and it may be waited for. */
  isThere({ context, session }: { context: Context; session: Session }, origin: string): boolean {
    const { wait = 0 } = context.remote.limits;
    return follows(context) && wait > 0 && session.cursor !== undefined && (waiting.get(origin) ?? 0) < MOST;
  }

  /** Settles when it has rung, or the signal aborts. What has changed then is in the session. */
  async wait({ context, session }: { context: Context; session: Session }, origin: string, signal: AbortSignal): Promise<void> {
    waiting.set(origin, (waiting.get(origin) ?? 0) + 1);
    try {
      while (!signal.aborted && !(await this.#hear(context, session, signal))) {
        // Nothing has changed so far.
      }
    } finally {
      waiting.set(origin, (waiting.get(origin) ?? 1) - 1);
    }
  }

  /** One request; true when there is something to do. */
  async #hear({ remote, sizes }: Context, session: Session, signal: AbortSignal): Promise<boolean> {
    const { cursor: after = "" } = session;
    const wait = Math.min(remote.limits.wait ?? 0, LONGEST_S);
    const asked = this.#surroundings.elapsed();
    try {
      const heard = await remote.changes({ after, limit: sizes.range, wait }, signal);
      if (heard.changes.length > 0) {
        session.heard = { after, ...heard };
        this.#failures = 0;
        return true;
      }
      // A server that does not wait, as it is about to end, is left alone for a moment.
      this.#failures = this.#surroundings.elapsed() - asked < wait * 500 ? this.#failures + 1 : 0;
      await this.#rest(0, signal);
      return false;
    } catch (error) {
      if (signal.aborted) {
        return false;
      }
      this.#failures += 1;
      const { problem, retryAfter = 0 } = error instanceof RemoteError ? error : { problem: undefined };
      if (problem !== "busy") {
        // What it means, and what comes of it, a round finds out.
        await this.#rest(this.#failures === 1 ? -1 : 0, signal);
        return true;
      }
      await this.#rest(retryAfter, signal);
      return false;
    }
  }

  /** Pauses as long as is asked for at least, at random within a time that grows with the failures. */
  async #rest(asked: number, signal: AbortSignal): Promise<void> {
    if (this.#failures > 0 && asked >= 0) {
      const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
      await this.#surroundings.sleep(Math.max(asked, this.#surroundings.random() * longest), signal);
    }
  }
}
