/** What calls begin in one engine and others go on with: live queries, runs of functions, exports and imports. */

import type { EngineMethod } from "./engine.js";

/** The methods that answer the number of what they have begun, with those that end it. */
const END_OF = {
  watch: "unwatch",
  beginFunction: "finishFunction",
  beginExport: "endExport",
  beginImport: "endImport",
} as const satisfies Partial<Record<EngineMethod, EngineMethod>>;

export type EndMethod = (typeof END_OF)[keyof typeof END_OF];

const ENDS: ReadonlySet<EngineMethod> = new Set(Object.values(END_OF));

/**
 * Calls that mean something to no other engine than the one that they are made for. They are never asked for again: the next piece of an export is
 * another one each time, and a piece of an import is to be taken in once.
 */
const BOUND: ReadonlySet<EngineMethod> = new Set([
  ...ENDS,
  "refresh",
  "nextChange",
  "nextChanges",
  "nextExport",
  "pushImport",
]);

/** Whether a call means something to no other engine than the one that it was made for. */
export function isBound(method: EngineMethod): boolean {
  return BOUND.has(method);
}

/** Whether a method ends what another has begun. */
export function isEnd(method: EngineMethod): boolean {
  return ENDS.has(method);
}

/** What ends that which a method has begun with this answer; `undefined` if it has begun nothing. */
export function endOf(method: string, answer: unknown): EndMethod | undefined {
  return typeof answer === "number" && Object.hasOwn(END_OF, method)
    ? END_OF[method as keyof typeof END_OF]
    : undefined;
}

/**
 * What was begun in which engine. Each engine counts from the start, so that a number says nothing to the next one, or means something else there:
 * callers get numbers of this place.
 */
export class Begun<E> {
  readonly #all = new Map<number, { engine: E; number: number }>();
  #last = 0;

  /** The answer of a call, with a number of this place if it has begun something. */
  note(engine: E, method: string, answer: unknown): unknown {
    if (!endOf(method, answer)) {
      return answer;
    }
    this.#last += 1;
    this.#all.set(this.#last, { engine, number: answer as number });
    return this.#last;
  }

  /** The arguments with which an engine goes on with what it has begun; `undefined` if that was another one. */
  argsFor(engine: E, method: EngineMethod, args: readonly unknown[]): readonly unknown[] | undefined {
    if (method === "nextChange") {
      return args;
    }
    const [own, ...rest] = args as [number, ...unknown[]];
    const begun = this.#all.get(own);
    if (isEnd(method)) {
      this.#all.delete(own);
    }
    return begun?.engine === engine ? [begun.number, ...rest] : undefined;
  }
}
