/** Live queries of a server that tells nothing by itself: it is asked again, at intervals and after each write of this client. */

import { connectionLost, isEngineError } from "../engine/errors.js";
import { notImplemented } from "./errors.js";

/** Milliseconds between questions about what a page shows. */
const SEEN_MS = 2_000;

/** The same for a page that nobody sees. */
const HIDDEN_MS = 15_000;

/** How often in a row a server may be out of reach before those who watch are told. */
const MISSES = 15;

interface Watched {
  /** Asks; answers a text. */
  ask: () => Promise<string>;
  read: (text: string) => unknown;
  /** The latest answer. */
  last: string | undefined;
  misses: number;
}

export class Watches {
  readonly #watched = new Map<number, Watched>();
  #begun = 0;
  #changes = 0;
  #isOver = false;
  /** What is called at the next change, or at the end. */
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  begin(ask: () => Promise<string>, read: (text: string) => unknown): number {
    this.#begun += 1;
    this.#watched.set(this.#begun, { ask, read, last: undefined, misses: 0 });
    return this.#begun;
  }

  end(number: number): void {
    this.#watched.delete(number);
  }

  /** What is answered now; null if it is what was answered before. */
  async refresh(number: number): Promise<unknown> {
    const watched = this.#watched.get(number);
    if (!watched) {
      throw notImplemented(`Nothing is watched under the number ${String(number)}`);
    }
    let text: string;
    try {
      text = await watched.ask();
    } catch (error) {
      watched.misses += 1;
      const isPassing = isEngineError(error) && error.retryable && !this.#isOver;
      if (isPassing && watched.last !== undefined && watched.misses <= MISSES) {
        return null;
      }
      throw error;
    }
    watched.misses = 0;
    if (text === watched.last) {
      return null;
    }
    const answer = watched.read(text);
    watched.last = text;
    return answer;
  }

  /** Answers when it is time to ask again. */
  async next(seen: number): Promise<number> {
    if (this.#changes <= seen && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        this.#arm();
      });
    }
    if (this.#isOver) {
      throw connectionLost("The client is closed");
    }
    return this.#changes;
  }

  /** Something may have changed. */
  readonly wake = (): void => {
    this.#changes += 1;
    this.#settle();
  };

  close(): void {
    this.#isOver = true;
    this.#settle();
  }

  #arm(): void {
    if (this.#timer === undefined) {
      this.#timer = setTimeout(this.wake, pageIsHidden() ? HIDDEN_MS : SEEN_MS);
      page()?.addEventListener("visibilitychange", this.#look);
    }
  }

  /** Who comes back to a page sees what there is now. */
  readonly #look = (): void => {
    if (!pageIsHidden()) {
      this.wake();
    }
  };

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    page()?.removeEventListener("visibilitychange", this.#look);
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach((resolve) => resolve());
  }
}

function page(): Document | undefined {
  return (globalThis as { document?: Document }).document;
}

function pageIsHidden(): boolean {
  return page()?.visibilityState === "hidden";
}
