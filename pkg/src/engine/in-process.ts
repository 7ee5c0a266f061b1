/** The engine in this thread: Node, service workers, dedicated workers, Durable Objects, and pages that ask for it. */

import type { Connection, Connector, ConnectRequest } from "./connection.js";
import { connectionLost } from "./errors.js";
import { interceptEngine, isWrite } from "./engine.js";
import { destroyEverywhere, type EngineRuntime } from "./fallback.js";
import { holdStore } from "./held.js";
import { followLifecycle } from "./lifecycle.js";
import { Requester } from "./requests.js";
import { isFatal } from "./rpc.js";

/** Stores that are opened in place, by a runtime. */
export function inProcess(runtime: EngineRuntime): Connector {
  return {
    async connect({ worker: _, ...request }: ConnectRequest, onLost): Promise<Connection> {
      const held = await holdStore(runtime, request);
      const requester = new Requester();
      const ending = new AbortController();
      const engine = interceptEngine(async (method, args) => {
        const stamp = isWrite(method) ? requester.begin() : undefined;
        try {
          return await held.call(method, args, stamp);
        } catch (error) {
          if (isFatal(error) && !ending.signal.aborted) {
            onLost(connectionLost("the engine stopped after an internal error", error));
          }
          throw error;
        } finally {
          if (stamp) {
            requester.end(stamp);
          }
          if (method === "close") {
            ending.abort();
          }
        }
      });
      followLifecycle(held, engine, request, ending.signal);
      const { storage, fallbacks } = held;
      return { engine, storage, fallbacks, worker: false, care: () => held.care() };
    },
    destroy: (name) => destroyEverywhere((storage, store) => runtime.destroy(storage, store), name),
  };
}
