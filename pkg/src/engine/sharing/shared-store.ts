/**
 * A store that all contexts of an origin use at once: tabs, workers, service workers.
 *
 * One of them, the leader, has it open; it is whoever holds the store's Web Lock. The others send it their calls, each over a channel of its own, and
 * wait in line for the lock: the next one takes over the moment that a leader closes, crashes or is frozen. The lock orders, but it does not
 * protect: a store is written only by who has its file handles (OPFS) or has put its token into it (IndexedDB).
 *
 * Nothing is sent at intervals. A leader that owes an answer is listened for, and one that stays silent is replaced.
 */

import { Begun, isBound } from "../begun.js";
import type { CareReport } from "../caretaker.js";
import type { EngineMethod } from "../engine.js";
import { connectionLost } from "../errors.js";
import type { EngineRuntime, OpenRequest } from "../fallback.js";
import { MAX_TRAPS, refused, type RequestStamp } from "../requests.js";
import { CallLost } from "../rpc.js";
import { Candidate } from "./candidate.js";
import { Leader } from "./leader.js";
import type { Server } from "./link.js";
import type { OpenStore } from "./messages.js";
import type { Platform } from "./platform.js";

/** How the store is held, as `info()` reports it. */
export interface Sharing {
  role: "leader" | "follower";
  /** Contexts that use the store, as far as the leader knows. */
  contexts: number;
}

export class SharedStore {
  /** What this context is in the origin, and who answers its calls. */
  readonly candidate: Candidate;
  readonly #begun = new Begun<Server>();

  /** Contexts that know the store by the same `name` share it. */
  constructor(runtime: EngineRuntime, platform: Platform, name: string, request: OpenRequest) {
    this.candidate = new Candidate(runtime, platform, name, request);
  }

  /** Opens the store, or joins those who have it open. Settles within so many milliseconds, ten seconds unless told otherwise. */
  async open(within?: number): Promise<OpenStore> {
    try {
      this.candidate.compete();
      return (await this.candidate.server(within)).store;
    } catch (error) {
      await this.candidate.close();
      throw error;
    }
  }

  /** Calls a method of the engine, wherever that is; again if the answer was lost on the way. */
  async call(method: EngineMethod, args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    if (isBound(method)) {
      return this.#callBound(method, args, stamp);
    }
    return this.#ask(
      async (server, asked) => this.#begun.note(server, method, await server.call(method, args, asked)),
      stamp,
    );
  }

  care(): Promise<CareReport> {
    return this.#ask(async (server) => {
      const { error, contexts } = (await server.call("care", [])) as CareReport & { contexts: number };
      return { error, sharing: { role: server instanceof Leader ? "leader" : "follower", contexts } };
    });
  }

  async #ask<T>(call: (server: Server, stamp?: RequestStamp) => Promise<T>, stamp?: RequestStamp): Promise<T> {
    let asked = stamp;
    for (let traps = 0; ; ) {
      const server = await this.candidate.server();
      try {
        return await call(server, asked);
      } catch (error) {
        if (!(error instanceof CallLost) || this.candidate.isClosed || isOwnTrap(server, error)) {
          throw error;
        }
        traps += error.trapped ? 1 : 0;
        if (traps >= MAX_TRAPS) {
          throw refused(error);
        }
        asked = stamp && { ...stamp, again: true };
      }
    }
  }

  /** Goes on with what a server has begun. What was begun elsewhere has to be begun anew. */
  async #callBound(method: EngineMethod, args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    const server = await this.candidate.server();
    const there = this.#begun.argsFor(server, method, args);
    if (there) {
      return server.call(method, there, stamp).catch((error: unknown) => {
        throw error instanceof CallLost && !isOwnTrap(server, error) ? new CallLost(error, false) : error;
      });
    }
    if (method === "unwatch") {
      return undefined;
    }
    // The engine that answers now is as good as any: only what was begun is lost.
    throw new CallLost(connectionLost("another tab has taken over: begin again"), false);
  }
}

/** Whether the engine of this context has stopped: here it cannot be started again. */
function isOwnTrap(server: Server, { trapped }: CallLost): boolean {
  return trapped && server instanceof Leader;
}
