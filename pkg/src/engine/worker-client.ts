/**
 * An engine in a worker, as the page calls it. When the engine stops while calls wait for it, it is started again in a new worker, finds in the
 * store what was done, and answers them.
 */

import { type EngineMethod, isBound, isWrite } from "./engine.js";
import { connectionLost } from "./errors.js";
import type { Opened, OpenRequest } from "./fallback.js";
import { whenOver } from "./life.js";
import { compileModule } from "./module.js";
import { MAX_TRAPS, newId, refused, Requester, type RequestStamp } from "./requests.js";
import { CallLost, RpcClient } from "./rpc.js";
import { ownedBuffers } from "./transfer.js";

/** How many workers may end during one call: a request that ends them without a word must not do so for ever. */
const MAX_LOSSES = 20;

/** What a worker answers to `open`. */
export type OpenedThere = Pick<Opened, "storage" | "fallbacks">;

export class WorkerClient {
  readonly #start: () => Worker;
  readonly #request: OpenRequest;
  readonly #onLost: (error: Error) => void;
  readonly #requester = new Requester();
  /** Whether a new worker would find what the last one had. */
  #canRestart: boolean;
  #worker: Worker;
  #rpc: RpcClient;
  /** Settled once the store is open in the present worker. */
  #opened: Promise<OpenedThere>;
  /** Calls that would be asked for again. */
  #repeatable = 0;
  #closed = false;
  /** Whether a worker has been started again, and has not opened the store yet: calls wait for that. */
  #isReopening = false;

  /** `start` is called for each worker; one that cannot be started again is given as it is. */
  constructor(worker: Worker | (() => Worker), request: OpenRequest, onLost: (error: Error) => void) {
    this.#canRestart = typeof worker === "function";
    this.#start = typeof worker === "function" ? worker : () => worker;
    this.#request = request;
    this.#onLost = onLost;
    this.#worker = this.#start();
    this.#rpc = attach(this.#worker, (error) => this.#lose(error));
    this.#opened = this.#open();
  }

  /** Opens the store. The worker ends if that fails. */
  async open(): Promise<OpenedThere> {
    const opened = await this.#opened;
    // What was in memory is gone with its worker: an empty store in its place would be a lie.
    this.#canRestart &&= opened.storage !== "memory";
    return opened;
  }

  async call(method: EngineMethod, args: readonly unknown[]): Promise<unknown> {
    if (method === "close") {
      return this.#close();
    }
    const stamp = isWrite(method) ? this.#requester.begin() : undefined;
    try {
      if (this.#isReopening) {
        await this.#opened;
      }
      return await (isBound(method) ? this.#rpc.call(method, args, stamp) : this.#repeat(method, args, stamp));
    } finally {
      if (stamp) {
        this.#requester.end(stamp);
      }
    }
  }

  /** A call to the worker itself. */
  tell(method: "care" | "suspend" | "resume"): Promise<unknown> {
    return this.#rpc.call(method, []);
  }

  async #repeat(method: EngineMethod, args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    const moves = ownedBuffers(args).length > 0;
    let [given, asked] = [args, stamp];
    this.#repeatable += 1;
    try {
      for (let losses = 1, traps = 0; ; losses++) {
        try {
          return await this.#rpc.call(method, given, asked);
        } catch (error) {
          // Arguments that moved with the call are with a worker that is gone, unless it gave them back.
          const back = error instanceof CallLost ? (error.args ?? (moves ? undefined : given)) : undefined;
          if (!(error instanceof CallLost) || !back || !this.#canRestart || this.#closed || losses >= MAX_LOSSES) {
            throw error;
          }
          traps += error.trapped ? 1 : 0;
          if (traps >= MAX_TRAPS) {
            throw refused(error);
          }
          given = back;
          asked = stamp && this.#requester.again(stamp);
        }
        await this.#opened;
      }
    } finally {
      this.#repeatable -= 1;
    }
  }

  async #open(): Promise<OpenedThere> {
    const [worker, rpc] = [this.#worker, this.#rpc];
    try {
      const life = newId();
      const opened = (await rpc.call("open", [this.#request, await compileModule(), life])) as OpenedThere;
      whenOver(life, () => rpc.fail(connectionLost("the engine's worker has stopped")));
      return opened;
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  /** The worker is gone. */
  #lose(error: Error): void {
    this.#worker.terminate();
    // A worker that cannot even open the store would be started for ever.
    if (!this.#canRestart || this.#repeatable === 0 || this.#isReopening || this.#closed) {
      this.#onLost(error);
      return;
    }
    this.#worker = this.#start();
    this.#rpc = attach(this.#worker, (later) => this.#lose(later));
    this.#isReopening = true;
    this.#opened = this.#open().finally(() => {
      this.#isReopening = false;
    });
    // Those who wait are told; whoever comes later opens the store anew.
    this.#opened.catch((failure: Error) => this.#onLost(failure));
  }

  async #close(): Promise<void> {
    this.#closed = true;
    try {
      await this.#rpc.call("close", []);
    } finally {
      this.#worker.terminate();
      this.#rpc.fail(connectionLost("the store is closed"));
    }
  }
}

/** Speaks to a worker until it dies. */
export function attach(worker: Worker, onLost: (error: Error) => void): RpcClient {
  const rpc = new RpcClient(worker, onLost);
  worker.addEventListener("error", (event) => {
    const detail = event.message ? `: ${event.message}` : "";
    rpc.fail(connectionLost(`the engine's worker could not start, or stopped${detail}`, event.error));
  });
  worker.addEventListener("messageerror", () => {
    rpc.fail(connectionLost("an answer of the engine's worker could not be read"));
  });
  return rpc;
}
