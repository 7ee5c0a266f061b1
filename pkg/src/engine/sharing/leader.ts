/** The one context that has a store open: it answers its own calls and those of its followers. */

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

/**
 * Why a leader answers no more: it was closed; another context has the store; its engine has trapped, or stopped after a failure of the storage, and
 * has to be opened again; it lets another context lead.
 */
export type Ending = "closed" | "fenced" | "trapped" | "failed" | "yielded";

interface Follower {
  /** Of this follower alone, and anew each time that it is let in: a line is whole or dead. */
  line: string;
  channel: Channel;
  /** Live queries and runs of functions that it has begun: they end with it. */
  watches: Set<number>;
  runs: Set<number>;
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

  async call(method: EngineMethod | "care", args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    if (this.#over) {
      throw this.#gone();
    }
    try {
      if (method === "care") {
        return { ...this.#engine.care(), contexts: this.contexts };
      }
      return await this.#once.run(method, args, stamp);
    } catch (error) {
      this.#notice(error);
      // What fails because the store was closed under it is asked for again elsewhere. A failure of the storage is this call's own.
      throw this.#isOver() && describeError(error).name !== STORAGE_FAILED ? this.#gone(error) : error;
    }
  }

  #isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Opens a line to a follower, unless it has one; answers its name. */
  welcome(follower: string): string {
    const welcomed = this.#followers.get(follower);
    if (welcomed) {
      return welcomed.line;
    }
    const line = newId();
    const channel = this.#platform.channel(lineName(this.#name, line));
    const known: Follower = { line, channel, watches: new Set(), runs: new Set() };
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
      ({ method, args, stamp }) => this.#serve(known, method, args, stamp).catch(unlessLost),
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

  async #serve(known: Follower, method: string, args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    if (method !== "care" && (!isEngineMethod(method) || method === "close")) {
      const message = `the engine has no method '${method}' for other contexts`;
      throw new EngineError({ name: "InvalidArgumentError", message, code: 400, retryable: false });
    }
    const answer = await this.call(method, args, stamp);
    const [first] = args;
    if (method === "watch") {
      known.watches.add(answer as number);
    } else if (method === "beginFunction" && typeof answer === "number") {
      known.runs.add(answer);
    } else if (method === "unwatch") {
      known.watches.delete(first as number);
    } else if (method === "finishFunction") {
      known.runs.delete(first as number);
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
    const quietly = (call: Promise<unknown>): void => void call.catch((error: unknown) => this.#notice(error));
    known.watches.forEach((watch) => quietly(this.#engine.unwatch(watch)));
    known.runs.forEach((run) => quietly(this.#engine.finishFunction(run, null)));
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
