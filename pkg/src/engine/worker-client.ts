/**
 * An engine in a worker, as the page calls it. When the engine stops while calls wait for it, it is started again in a new worker, finds in the
 * store what was done, and answers them.
 */

import { Begun, isBound } from "./begun.js";
import { type EngineMethod, isWrite } from "./engine.js";
import { connectionLost } from "./errors.js";
import type { Opened, OpenRequest } from "./fallback.js";
import { whenOver } from "./life.js";
import { MAX_TRAPS, newId, refused, Requester, type RequestStamp } from "./requests.js";
import { CallLost, RpcClient } from "./rpc.js";
import { ownedBuffers } from "./transfer.js";

/** How many workers may end during one call: a request that ends them without a word must not do so for ever. */
const MAX_LOSSES = 20;

/** How many workers in a row may end before they have the store open: one that never gets that far must not be started for ever. */
const MAX_FAILURES = 10;

/** How long a worker that was started again may take until it lives, in milliseconds. */
const START_MS = 2000;

/** The engine for a worker; `undefined` for one that loads it by itself. */
export type CompiledModule = () => Promise<WebAssembly.Module | undefined>;

/** What a worker answers to `open`. */
export type OpenedThere = Pick<Opened, "storage" | "fallbacks">;

export class WorkerClient {
  readonly #start: () => Worker;
  readonly #request: OpenRequest;
  readonly #onLost: (error: Error) => void;
  readonly #module: CompiledModule;
  readonly #requester = new Requester();
  readonly #begun = new Begun<RpcClient>();
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
  /** Whether the worker has ended while nobody asked for anything: the next call starts another. */
  #isDown = false;
  /** Workers that ended one after the other before they had the store open. */
  #failures = 0;

  /** `worker` is called for each worker; one that cannot be started again is given as it is. `module` gives the engine, while the worker is still starting. */
  constructor(worker: Worker | (() => Worker), request: OpenRequest, onLost: (error: Error) => void, module: CompiledModule) {
    this.#canRestart = typeof worker === "function";
    this.#start = typeof worker === "function" ? worker : () => worker;
    this.#request = request;
    this.#onLost = onLost;
    this.#module = module;
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

  async call(method: EngineMethod | "care", args: readonly unknown[]): Promise<unknown> {
    if (method === "close") {
      return this.#close();
    }
    const stamp = method !== "care" && isWrite(method) ? this.#requester.begin() : undefined;
    try {
      if (this.#isDown) {
        this.#restart();
      }
      if (this.#isReopening) {
        await this.#opened;
      }
      return await (method !== "care" && isBound(method) ? this.#goOn(method, args, stamp) : this.#repeat(method, args, stamp));
    } finally {
      if (stamp) {
        this.#requester.end(stamp);
      }
    }
  }

  /** Tells the worker what happens to its page. */
  tell(method: "suspend" | "resume" | "hide" | "show"): Promise<unknown> {
    return this.#rpc.call(method, []);
  }

  /** Goes on with what the engine of the present worker has begun. What the one before has begun is gone with it. */
  async #goOn(method: EngineMethod, args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    const rpc = this.#rpc;
    const there = this.#begun.argsFor(rpc, method, args);
    if (there) {
      return rpc.call(method, there, stamp);
    }
    if (method === "unwatch") {
      return undefined;
    }
    throw connectionLost("the engine was started again: begin again");
  }

  async #repeat(method: EngineMethod | "care", args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    const moves = ownedBuffers(args).length > 0;
    let [given, asked] = [args, stamp];
    this.#repeatable += 1;
    try {
      for (let losses = 1, traps = 0; ; losses++) {
        const rpc = this.#rpc;
        try {
          return this.#begun.note(rpc, method, await rpc.call(method, given, asked));
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
    const request = { ...this.#request, begun: Date.now() };
    void this.#watch(rpc);
    try {
      return (await rpc.call("open", [request, await this.#module()])) as OpenedThere;
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  /** Notices when a worker ends without a word. Only one that has been started again can be in haste: the first may have to be loaded. */
  async #watch(rpc: RpcClient): Promise<void> {
    const stopped = (): void => rpc.fail(connectionLost("the engine's worker has stopped"));
    const late = this.#failures > 0 ? setTimeout(stopped, START_MS) : undefined;
    try {
      const life = newId();
      await rpc.call("live", [life]);
      whenOver(life, stopped);
    } catch {
      // Whoever has asked for something is told.
    } finally {
      clearTimeout(late);
    }
  }

  /** The worker is gone. */
  #lose(error: Error): void {
    this.#worker.terminate();
    this.#failures += 1;
    if (!this.#canRestart || this.#failures > MAX_FAILURES || this.#closed) {
      this.#onLost(error);
    } else if (this.#repeatable > 0) {
      this.#restart();
    } else {
      this.#isDown = true;
    }
  }

  #restart(): void {
    this.#isDown = false;
    this.#worker = this.#start();
    this.#rpc = attach(this.#worker, (later) => this.#lose(later));
    this.#opened = this.#reopen();
    // Those who wait are told.
    this.#opened.catch(() => undefined);
  }

  async #reopen(): Promise<OpenedThere> {
    this.#isReopening = true;
    const rpc = this.#rpc;
    try {
      const opened = await this.#open();
      this.#isReopening = false;
      this.#failures = 0;
      return opened;
    } catch (error) {
      if (this.#rpc !== rpc) {
        // The next one has been started meanwhile.
        return this.#opened;
      }
      if (!(error instanceof CallLost)) {
        // Whoever comes later opens the store anew.
        this.#onLost(error as Error);
      }
      throw error;
    }
  }

  async #close(): Promise<void> {
    this.#closed = true;
    if (this.#isDown) {
      return;
    }
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
    // A script that cannot be had says nothing: bundlers that do not know the form of its URL leave it behind.
    const detail = event.message ? `: ${event.message}` : ` (if its script was left behind by a bundler, import "chromatid/inline")`;
    rpc.fail(connectionLost(`the engine's worker could not start, or stopped${detail}`, event.error));
  });
  worker.addEventListener("messageerror", () => {
    rpc.fail(connectionLost("an answer of the engine's worker could not be read"));
  });
  return rpc;
}
