/** The answering side: owns the engine in a worker and serves the calls that come through a port. */

import { attend, type AttendedEngine } from "./caretaker.js";
import { CONNECTION_LOST, describeError, EngineError } from "./errors.js";
import { invoke, isEngineMethod } from "./engine.js";
import { type EngineRuntime, openWithFallback, type OpenRequest } from "./fallback.js";
import type { Endpoint, Request, Response } from "./rpc.js";
import { resultBuffers } from "./transfer.js";

/** Serves one store to one port: `open` (with the wasm module, if the page has it) first, then the engine's methods, or `destroy` alone. */
export function serve(port: Endpoint, runtime: EngineRuntime): void {
  const host = new Host(runtime);
  port.onmessage = (event) => void answer(port, host, event.data as Request);
}

async function answer(port: Endpoint, host: Host, { id, method, args }: Request): Promise<void> {
  try {
    const ok = await host.call(method, args);
    port.postMessage({ id, ok } satisfies Response, resultBuffers(ok));
  } catch (error) {
    const description = describeError(error);
    const fatal = error instanceof WebAssembly.RuntimeError || description.name === CONNECTION_LOST;
    port.postMessage({ id, error: description, fatal } satisfies Response, []);
  }
}

class Host {
  readonly #runtime: EngineRuntime;
  #engine: AttendedEngine | undefined;

  constructor(runtime: EngineRuntime) {
    this.#runtime = runtime;
  }

  async call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (method === "open") {
      return this.#open(args[0] as OpenRequest, args[1] as WebAssembly.Module | undefined);
    }
    if (method === "destroy") {
      return this.#runtime.destroy(args[0] as "opfs" | "indexeddb", args[1] as string);
    }
    if (!this.#engine) {
      throw new EngineError({ name: "ChromaError", message: "no store is open", code: 503, retryable: false });
    }
    if (method === "care") {
      return this.#engine.care();
    }
    if (!isEngineMethod(method)) {
      const message = `the engine has no method '${String(method)}'`;
      throw new EngineError({ name: "InvalidArgumentError", message, code: 400, retryable: false });
    }
    return invoke(this.#engine, method, args);
  }

  async #open(request: OpenRequest, module: WebAssembly.Module | undefined): Promise<unknown> {
    if (this.#engine) {
      const message = "this worker serves a store already";
      throw new EngineError({ name: "ChromaError", message, code: 409, retryable: false });
    }
    if (module) {
      this.#runtime.provide?.(module);
    }
    const { engine, storage, fallbacks } = await openWithFallback(this.#runtime, request);
    this.#engine = attend(engine, request);
    return { storage, fallbacks };
  }
}
