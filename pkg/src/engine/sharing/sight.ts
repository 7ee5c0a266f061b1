/** Whether people see the page of a context, and whether another one has said that they see it. */

import type { Platform } from "./platform.js";

/**
 * How long a page has to be hidden before it lets one that is seen lead, in milliseconds: changing to and fro between tabs is no reason. Browsers freeze
 * pages only that have been hidden for longer, and a frozen one can let go of nothing.
 */
export const HIDDEN_MS = 1000;

export class Sight {
  readonly #platform: Platform;
  /** Whether the page can be seen, once it has said so. */
  #isSeen = false;
  /** Since when nobody can see it. */
  #hiddenSince: number | undefined;
  /** When another context was last heard that can be seen. */
  #claimed = -Infinity;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  hide(): void {
    this.#isSeen = false;
    this.#hiddenSince ??= this.#platform.now();
  }

  show(): void {
    this.#isSeen = true;
    this.#hiddenSince = undefined;
  }

  /** Another context can be seen. */
  heed(): void {
    this.#claimed = this.#platform.now();
  }

  get isSeen(): boolean {
    return this.#isSeen;
  }

  /** Whether the page has been hidden for a while. */
  get isHidden(): boolean {
    return this.#hiddenSince !== undefined && this.#platform.now() - this.#hiddenSince >= HIDDEN_MS;
  }

  /** Whether another context was seen just now. */
  get isOtherSeen(): boolean {
    return this.#platform.now() - this.#claimed < HIDDEN_MS;
  }
}
