/** The engine in a worker of its own, seen from the page. */

import type { Connection, Connector, ConnectRequest } from "./connection.js";
import type { CareReport } from "./caretaker.js";
import { connectionLost } from "./errors.js";
import { interceptEngine } from "./engine.js";
import { destroyEverywhere, type Opened } from "./fallback.js";
import { compileModule } from "./module.js";
import { RpcClient } from "./rpc.js";

/** Pages keep the engine off their thread and get OPFS with it; elsewhere it runs in place. */
export const pageConnector: Connector = {
  async connect(request, onLost) {
    const { worker = isPage() && typeof request.storage !== "object" } = request;
    if (worker === false) {
      return (await inPlace()).connect(request, onLost);
    }
    return connectWorker(worker === true ? startWorker() : worker, request, onLost);
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

/** Opens a store in a worker that runs {@link serve}. The worker ends with the store. */
export async function connectWorker(
  worker: Worker,
  { worker: _, ...request }: ConnectRequest,
  onLost: (error: Error) => void,
): Promise<Connection> {
  const rpc = attach(worker, onLost);
  try {
    const { storage, fallbacks } = (await rpc.call("open", [request, await compileModule()])) as Opened;
    const engine = interceptEngine((method, args) => (method === "close" ? close() : rpc.call(method, args)));
    return { engine, storage, fallbacks, worker: true, care: () => rpc.call("care", []) as Promise<CareReport> };
  } catch (error) {
    worker.terminate();
    throw error;
  }

  async function close(): Promise<void> {
    try {
      await rpc.call("close", []);
    } finally {
      worker.terminate();
      rpc.fail(connectionLost("the store is closed"));
    }
  }
}

/** Speaks to a worker until it dies. */
function attach(worker: Worker, onLost: (error: Error) => void): RpcClient {
  const rpc = new RpcClient(worker, (error) => {
    worker.terminate();
    onLost(error);
  });
  worker.addEventListener("error", (event) => {
    const detail = event.message ? `: ${event.message}` : "";
    rpc.fail(connectionLost(`the engine's worker could not start, or stopped${detail}`, event.error));
  });
  worker.addEventListener("messageerror", () => {
    rpc.fail(connectionLost("an answer of the engine's worker could not be read"));
  });
  return rpc;
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
