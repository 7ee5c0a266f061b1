/** The engine in a worker of its own, seen from the page. */

import type { Awaitable } from "../storage/adapter.js";
import type { Connection, Connector, ConnectRequest } from "./connection.js";
import type { CareReport } from "./caretaker.js";
import { EngineError } from "./errors.js";
import { interceptEngine } from "./engine.js";
import { destroyEverywhere } from "./fallback.js";
import { followLifecycle } from "./lifecycle.js";
import { attach, type CompiledModule, WorkerClient } from "./worker-client.js";

/** What a page opens stores with. */
export interface PageParts {
  /** Gives what starts a worker of the engine. Without it there is none, and the engine runs in place. */
  worker?: (() => Awaitable<() => Worker>) | undefined;
  /** The engine for a worker that is still starting. */
  module: CompiledModule;
  /** The engine in this thread. */
  inPlace(): Promise<Connector>;
}

/** Pages keep the engine off their thread and get OPFS with it; elsewhere it runs in place. */
export function pageConnector(parts: PageParts): Connector {
  const hasWorker = (): boolean => parts.worker !== undefined && isPage();
  return {
    async connect(request, onLost) {
      const { worker = hasWorker() && typeof request.storage !== "object" } = request;
      if (worker === false) {
        return (await parts.inPlace()).connect(request, onLost);
      }
      return connectWorker(worker === true ? await starter(parts) : worker, request, onLost, parts.module);
    },

    async destroy(name) {
      if (!hasWorker()) {
        return (await parts.inPlace()).destroy(name);
      }
      const worker = (await starter(parts))();
      try {
        const rpc = attach(worker, () => undefined);
        await destroyEverywhere((storage, store) => rpc.call("destroy", [storage, store]), name);
      } finally {
        worker.terminate();
      }
    },
  };
}

function starter({ worker }: PageParts): Awaitable<() => Worker> {
  if (!worker) {
    const message = "no worker was given: name one in `setup`, or open the store with `worker: false`";
    throw new EngineError({ name: "InvalidArgumentError", message, code: 400, retryable: false });
  }
  return worker();
}

/** Opens a store in a worker that runs {@link serve}: a given one, or one that can be started anew. It ends with the store. */
export async function connectWorker(
  worker: Worker | (() => Worker),
  { worker: _, ...request }: ConnectRequest,
  onLost: (error: Error) => void,
  module: CompiledModule = () => Promise.resolve(undefined),
): Promise<Connection> {
  const ending = new AbortController();
  const lost = (error: Error): void => {
    ending.abort();
    onLost(error);
  };
  const client = new WorkerClient(worker, request, lost, module);
  const { storage, fallbacks } = await client.open();
  const engine = interceptEngine((method, args) => {
    if (method === "close") {
      ending.abort();
    }
    return client.call(method, args);
  });
  const tell = (method: Parameters<WorkerClient["tell"]>[0]): void => void client.tell(method).catch(() => undefined);
  const holder = {
    suspend: () => tell("suspend"),
    resume: () => tell("resume"),
    hide: () => tell("hide"),
    show: () => tell("show"),
  };
  followLifecycle(holder, engine, request, ending.signal);
  return { engine, storage, fallbacks, worker: true, care: () => client.call("care", []) as Promise<CareReport> };
}

function isPage(): boolean {
  return typeof document !== "undefined" && typeof Worker === "function";
}
