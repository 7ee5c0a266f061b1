/** Storage calls that fail: each call on what is wrapped counts, and one of them ends badly. */

import type { Wrap } from "./adapters";

/** How it ends: refused, or done and reported as failed; or the object ends before it, or while it is under way. */
export const FAULTS = ["throws", "throws after", "aborts", "aborts after"] as const;

export interface Fault {
  kind: (typeof FAULTS)[number];
  /** Number of the call, from 1. */
  at: number;
}

export class Faults {
  readonly #fault: Fault | undefined;
  readonly #abort: () => void;
  /** Calls so far. */
  calls = 0;

  constructor(fault: Fault | undefined, abort: () => void) {
    this.#fault = fault;
    this.#abort = abort;
  }

  readonly wrap: Wrap = (object) =>
    new Proxy(object, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") {
          return member;
        }
        return (...args: unknown[]) => this.#call(() => Reflect.apply(member, target, args) as unknown);
      },
    });

  #call(call: () => unknown): unknown {
    this.calls += 1;
    if (this.calls !== this.#fault?.at) {
      return call();
    }
    switch (this.#fault.kind) {
      case "throws":
        throw new Error("injected before the call");
      case "throws after":
        return Promise.resolve(call()).then(() => {
          throw new Error("injected after the call");
        });
      case "aborts":
        return this.#end();
      case "aborts after":
        // What is under way, such as a put, may still arrive.
        Promise.resolve(call()).catch(() => undefined);
        return this.#end();
    }
  }

  /** Not within the call: that would end the engine in the middle of its code, with which others of the isolate go on. */
  #end(): Promise<never> {
    queueMicrotask(this.#abort);
    return new Promise(() => undefined);
  }
}
