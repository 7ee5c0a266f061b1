/** The engine in this thread: Node, service workers, dedicated workers, and pages that ask for it. */

import { attend } from "./caretaker.js";
import type { Connection, Connector, ConnectRequest } from "./connection.js";
import { wasmRuntime } from "./direct.js";
import { connectionLost } from "./errors.js";
import { interceptEngine, invoke } from "./engine.js";
import { destroyEverywhere, openWithFallback } from "./fallback.js";

export const inProcessConnector: Connector = {
  async connect({ worker: _, ...request }: ConnectRequest, onLost): Promise<Connection> {
    const { engine, storage, fallbacks } = await openWithFallback(wasmRuntime, request);
    const attended = attend(engine, request.durability);
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
  destroy: (name) => destroyEverywhere((storage, store) => wasmRuntime.destroy(storage, store), name),
};
