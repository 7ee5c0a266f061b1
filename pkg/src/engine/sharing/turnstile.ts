/** A place that one thing has at a time, and where others wait for it. */

interface Waiting<T> {
  resolve: (value: T) => void;
  reject: (error: Error) => void;
}

export class Turnstile<T> {
  #current: T | undefined;
  #waiting: Waiting<T>[] = [];

  get current(): T | undefined {
    return this.#current;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** What has the place, or will have it. Those who wait are answered in their order. */
  wait(): Promise<T> {
    if (this.#current !== undefined) {
      return Promise.resolve(this.#current);
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  put(value: T): void {
    this.#current = value;
    this.#answer(({ resolve }) => resolve(value));
  }

  /** Empties the place, if `expected` has it or nothing is expected. */
  take(expected?: T): T | undefined {
    const taken = this.#current;
    if (expected === undefined || expected === taken) {
      this.#current = undefined;
      return taken;
    }
    return undefined;
  }

  /** Empties the place and turns away who waits. */
  fail(error: Error): void {
    this.#current = undefined;
    this.refuse(error);
  }

  /** Turns away who waits. */
  refuse(error: Error): void {
    this.#answer(({ reject }) => reject(error));
  }

  #answer(how: (waiting: Waiting<T>) => void): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach(how);
  }
}
