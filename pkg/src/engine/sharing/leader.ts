/** The one context that has a store open: it answers its own calls and those of its followers. */

import { type EndMethod, endOf, isEnd } from "../begun.js";
import type { AttendedEngine } from "../caretaker.js";
import type { EngineMethod } from "../engine.js";
import { isEngineMethod } from "../engine.js";
import { connectionLost, describeError, EngineError, STORAGE_FAILED, STORAGE_LOCKED } from "../errors.js";
import { Once } from "../once.js";
import { newId, type RequestStamp } from "../requests.js";
import { answerCalls, CallLost, type Endpoint, isFatal } from "../rpc.js";
import type { Server } from "./link.js";
import { followerLock, lineName, type OpenStore, readSign, type Sign } from "./messages.js";
import type { Channel, Platform } from "./platform.js";

/** How long after one piece of an export or import another is expected, in milliseconds. */
export const PIECES_MS = 5000;

/** The calls by which exports and imports go on, piece by piece. */
const PIECES: ReadonlySet<string> = new Set(["beginExport", "nextExport", "beginImport", "pushImport"] satisfies EngineMethod[]);

/**
 * Why a leader answers no more: it was closed; another context has the store; its engine has trapped, or stopped after a failure of the storage, and
 * has to be opened again; it lets another context lead.
 */
export type Ending = "closed" | "fenced" | "trapped" | "failed" | "yielded";

interface Follower {
  /** Of this follower alone, and anew each time that it is let in: a line is whole or dead. */
  line: string;
  channel: Channel;
  /** What it has begun, by its number, with the method that ends it: that ends with it. */
  begun: Map<number, EndMethod>;
}

export class Leader implements Server {
  readonly id = newId();
  readonly store: OpenStore;
  /** How it ended. */
  readonly ended: Promise<Ending>;
  readonly #platform: Platform;
  readonly #name: string;
  readonly #engine: AttendedEngine;
  readonly #once: Once;
  readonly #followers = new Map<string, Follower>();
  /** Pieces of exports and imports on their way, and when the last one was through. */
  #pieces = 0;
  #lastPiece = -Infinity;
  readonly #onEnding: (leader: Leader) => void;
  readonly #end: (ending: Ending) => void;
  #over: Ending | undefined;

  /** `onEnding` is called as soon as it answers no more; `ended` settles once the store is let go of. */
  constructor(
    platform: Platform,
    name: string,
    engine: AttendedEngine,
    store: OpenStore,
    onEnding: (leader: Leader) => void,
  ) {
    this.#onEnding = onEnding;
    this.store = store;
    this.#platform = platform;
    this.#name = name;
    this.#engine = engine;
    this.#once = new Once(engine);
    let end: (ending: Ending) => void = () => undefined;
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    this.#end = end;
  }

  /** Contexts that have the store open, this one included. */
  get contexts(): number {
    return this.#followers.size + 1;
  }

  /** Whether an export or import is under way, which another leader could not go on with. */
  get isEngaged(): boolean {
    return this.#pieces > 0 || this.#platform.now() - this.#lastPiece < PIECES_MS;
  }

  async call(method: EngineMethod | "care", args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    if (this.#over) {
      throw this.#gone();
    }
    try {
      if (method === "care") {
        return { ...this.#engine.care(), contexts: this.contexts };
      }
      const answer = this.#once.run(method, args, stamp);
      return await (PIECES.has(method) ? this.#whileEngaged(answer) : answer);
    } catch (error) {
      const before = this.#ending();
      this.#notice(error);
      // What fails because the store was closed under it is asked for again elsewhere. A storage that fails while it is open is this call's own matter.
      const isOwn = describeError(error).name === STORAGE_FAILED && (before === undefined || before === "failed");
      throw this.#ending() && !isOwn ? this.#gone(error) : error;
    }
  }

  async #whileEngaged<T>(piece: Promise<T>): Promise<T> {
    this.#pieces += 1;
    try {
      return await piece;
    } finally {
      this.#pieces -= 1;
      this.#lastPiece = this.#platform.now();
    }
  }

  /** How it has ended, perhaps while something was waited for. */
  #ending(): Ending | undefined {
    return this.#over;
  }

  /** Opens a line to a follower, unless it has one; answers its name. */
  welcome(follower: string): string {
    const welcomed = this.#followers.get(follower);
    if (welcomed) {
      return welcomed.line;
    }
    const line = newId();
    const channel = this.#platform.channel(lineName(this.#name, line));
    const known: Follower = { line, channel, begun: new Map() };
    this.#followers.set(follower, known);
    // An answer that comes too late for its line has nobody to read it.
    const post = (message: unknown): void => {
      if (this.#followers.get(follower) === known) {
        channel.postMessage(message);
      }
    };
    const endpoint: Endpoint = { onmessage: null, postMessage: post };
    answerCalls(
      endpoint,
      ({ method, args, stamp }) => this.#serve(follower, known, method, args, stamp).catch(unlessLost),
      (data) => {
        const sign = readSign(data)?.sign;
        if (sign === "ping") {
          post({ sign: "pong" } satisfies Sign);
        } else if (sign === "bye") {
          this.#dismiss(follower);
        }
      },
    );
    channel.onmessage = (event) => endpoint.onmessage?.(event);
    this.#outlive(follower);
    return line;
  }

  /** Takes no more calls. Closes the engine, if there is anything left of it; what it still answers meanwhile is passed on. */
  async end(ending: Ending): Promise<void> {
    if (this.#over) {
      return;
    }
    this.#over = ending;
    this.#onEnding(this);
    try {
      if (ending !== "trapped") {
        await this.#engine.close();
      }
    } finally {
      for (const { channel } of this.#followers.values()) {
        channel.close();
      }
      this.#followers.clear();
      this.#end(ending);
    }
  }

  async #serve(
    follower: string,
    known: Follower,
    method: string,
    args: readonly unknown[],
    stamp?: RequestStamp,
  ): Promise<unknown> {
    if (method !== "care" && (!isEngineMethod(method) || method === "close")) {
      const message = `the engine has no method '${method}' for other contexts`;
      throw new EngineError({ name: "InvalidArgumentError", message, code: 400, retryable: false });
    }
    const answer = await this.call(method, args, stamp);
    const end = endOf(method, answer);
    if (end && this.#followers.get(follower) !== known) {
      // It left while this was begun.
      this.#endFor([[answer as number, end]]);
    } else if (end) {
      known.begun.set(answer as number, end);
    } else if (isEnd(method as EngineMethod)) {
      known.begun.delete(args[0] as number);
    }
    return answer;
  }

  /** Followers hold a lock as long as they live: whoever gets it knows that they do not. */
  #outlive(follower: string): void {
    this.#platform.locks
      .request(followerLock(this.#name, follower), {}, () => this.#dismiss(follower))
      .catch(() => undefined);
  }

  #dismiss(follower: string): void {
    const known = this.#followers.get(follower);
    if (!known || !this.#followers.delete(follower)) {
      return;
    }
    known.channel.close();
    this.#endFor(known.begun);
  }

  /** Ends what a follower has begun that is gone. */
  #endFor(begun: Iterable<[number, EndMethod]>): void {
    for (const [number, end] of begun) {
      this.#endQuietly(number, end).catch((error: unknown) => this.#notice(error));
    }
  }

  async #endQuietly(number: number, end: EndMethod): Promise<void> {
    switch (end) {
      case "unwatch":
        return this.#engine.unwatch(number);
      case "finishFunction":
        return this.#engine.finishFunction(number, null);
      case "endExport":
        // It keeps blocks from being deleted.
        await this.#engine.endExport(number);
        break;
      case "endImport":
      // Giving it up would delete what it has made, which another import may be about to finish. What stays in memory of it is less than a piece.
    }
  }

  #notice(error: unknown): void {
    const ending = endingOf(error);
    if (ending) {
      this.end(ending).catch(() => undefined);
    }
  }

  #gone(cause?: unknown): CallLost {
    const trapped = this.#over === "trapped";
    const message = trapped ? "the engine stopped after an internal error" : "the store is not open in this tab any more";
    return new CallLost(connectionLost(message), trapped, undefined, { cause });
  }
}

/** A call that is lost has no answer from here: that the leader is gone, its followers hear when the store is free for the next. */
function unlessLost(error: unknown): Promise<never> {
  if (error instanceof CallLost) {
    return new Promise(() => undefined);
  }
  throw error;
}

/** What an error of the engine means for the engine. */
function endingOf(error: unknown): Ending | undefined {
  const { name, code } = describeError(error);
  if (isFatal(error)) {
    return "trapped";
  }
  if (name === STORAGE_LOCKED) {
    return "fenced";
  }
  // It has stopped after an earlier failure, and says so to everybody.
  const hasStopped = name === "ChromaError" && code === 503;
  return name === STORAGE_FAILED || hasStopped ? "failed" : undefined;
}
