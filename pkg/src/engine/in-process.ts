/** The engine in this thread: Node, service workers, dedicated workers, Durable Objects, and pages that ask for it. */

import { attend } from "./caretaker.js";
import type { Connection, Connector, ConnectRequest } from "./connection.js";
import { connectionLost } from "./errors.js";
import { interceptEngine, invoke } from "./engine.js";
import { destroyEverywhere, type EngineRuntime, openWithFallback } from "./fallback.js";

/** Stores that are opened in place, by a runtime. */
export function inProcess(runtime: EngineRuntime): Connector {
  return {
    async connect({ worker: _, ...request }: ConnectRequest, onLost): Promise<Connection> {
      const { engine, storage, fallbacks } = await openWithFallback(runtime, request);
      const attended = attend(engine, request);
      const watched = interceptEngine(async (method, args) => {
        try {
          return await invoke(attended, method, args);
        } catch (error) {
          if (error instanceof WebAssembly.RuntimeError) {
            onLost(connectionLost("the engine stopped after an internal error", error));
          }
          throw error;
        }
      });
      return { engine: watched, storage, fallbacks, worker: false, care: () => Promise.resolve(attended.care()) };
    },
    destroy: (name) => destroyEverywhere((storage, store) => runtime.destroy(storage, store), name),
  };
}
