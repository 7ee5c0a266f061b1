/** The answering side: has the engine in a worker, or a way to it, and serves the calls that come through a port. */

import { EngineError } from "./errors.js";
import { isEngineMethod } from "./engine.js";
import type { EngineRuntime, OpenRequest } from "./fallback.js";
import { type Held, holdStore } from "./held.js";
import { live } from "./life.js";
import { answerCalls, type Endpoint, type Request } from "./rpc.js";

/**
 * Serves one store to one port: `open` (with the wasm module, if the page has it) first, then the engine's methods, or `destroy` alone. Messages that
 * are no calls are given to `other`.
 */
export function serve(port: Endpoint, runtime: EngineRuntime, other?: (data: unknown) => void): void {
  const host = new Host(runtime);
  answerCalls(port, (request) => host.call(request), other);
}

class Host {
  readonly #runtime: EngineRuntime;
  #held: Held | undefined;
  #isOpening = false;

  constructor(runtime: EngineRuntime) {
    this.#runtime = runtime;
  }

  async call({ method, args, stamp }: Request): Promise<unknown> {
    if (method === "open") {
      return this.#open(args[0] as OpenRequest, args[1] as WebAssembly.Module | undefined);
    }
    if (method === "destroy") {
      return this.#runtime.destroy(args[0] as "opfs" | "indexeddb", args[1] as string);
    }
    if (method === "live") {
      return live(args[0] as string);
    }
    if (!this.#held) {
      throw new EngineError({ name: "ChromaError", message: "no store is open", code: 503, retryable: false });
    }
    if (method === "care") {
      return this.#held.care();
    }
    if (method === "suspend" || method === "resume" || method === "hide" || method === "show") {
      return this.#held[method]?.();
    }
    if (!isEngineMethod(method)) {
      const message = `the engine has no method '${String(method)}'`;
      throw new EngineError({ name: "InvalidArgumentError", message, code: 400, retryable: false });
    }
    return this.#held.call(method, args, stamp);
  }

  async #open(request: OpenRequest, module: WebAssembly.Module | undefined): Promise<unknown> {
    if (this.#isOpening) {
      const message = "this worker serves a store already";
      throw new EngineError({ name: "ChromaError", message, code: 409, retryable: false });
    }
    this.#isOpening = true;
    if (module) {
      this.#runtime.provide?.(module);
    }
    try {
      this.#held = await holdStore(this.#runtime, request);
    } catch (error) {
      this.#isOpening = false;
      throw error;
    }
    const { storage, fallbacks } = this.#held;
    return { storage, fallbacks };
  }
}
