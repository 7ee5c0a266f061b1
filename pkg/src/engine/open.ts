/** The engine in a worker of its own, seen from the page. */

import type { Connection, Connector, ConnectRequest } from "./connection.js";
import type { CareReport } from "./caretaker.js";
import { connectionLost } from "./errors.js";
import { interceptEngine } from "./engine.js";
import { destroyEverywhere } from "./fallback.js";
import { followLifecycle } from "./lifecycle.js";
import { attach, WorkerClient } from "./worker-client.js";

/** Pages keep the engine off their thread and get OPFS with it; elsewhere it runs in place. */
export const pageConnector: Connector = {
  async connect(request, onLost) {
    const { worker = isPage() && typeof request.storage !== "object" } = request;
    if (worker === false) {
      return (await inPlace()).connect(request, onLost);
    }
    return connectWorker(worker === true ? startWorker : worker, request, onLost);
  },

  async destroy(name) {
    if (!isPage()) {
      return (await inPlace()).destroy(name);
    }
    const worker = startWorker();
    try {
      const rpc = attach(worker, () => undefined);
      await destroyEverywhere((storage, store) => rpc.call("destroy", [storage, store]), name);
    } finally {
      worker.terminate();
    }
  },
};

/** Opens a store in a worker that runs {@link serve}: a given one, or one that can be started anew. It ends with the store. */
export async function connectWorker(
  worker: Worker | (() => Worker),
  { worker: _, ...request }: ConnectRequest,
  onLost: (error: Error) => void,
): Promise<Connection> {
  const ending = new AbortController();
  const client = new WorkerClient(worker, request, (error) => {
    ending.abort();
    onLost(error);
  });
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

function startWorker(): Worker {
  try {
    // Written out in full: bundlers recognise exactly this form and build the worker from it.
    return new Worker(new URL("../entry/worker.js", import.meta.url), { type: "module", name: "chromatid" });
  } catch (error) {
    throw connectionLost("the engine's worker could not start", error);
  }
}

function isPage(): boolean {
  return typeof document !== "undefined" && typeof Worker === "function";
}

/** Loaded only when needed, so that pages do not carry the engine's glue twice. */
async function inPlace(): Promise<Connector> {
  const [{ inProcess }, { wasmRuntime }] = await Promise.all([import("./in-process.js"), import("./direct.js")]);
  return inProcess(wasmRuntime);
}
