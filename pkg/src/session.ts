/** A client's hold on its store, or on the server that has it: opened on first use, reopened after it was lost. */

import type { Engine } from "./engine/engine.js";
import type { ServerFacts } from "./engine/server-facts.js";
import { acquireStore, type Lease, type StoreInfo, type StoreOptions } from "./engine/store.js";
import { ChromaConnectionError } from "./errors.js";
import type { ServerPlace } from "./server-options.js";

export class Session {
  readonly #acquire: () => Promise<Lease>;
  #lease: Promise<Lease> | undefined;
  #maxBatchSize: Promise<number> | undefined;
  #closed = false;

  /** `server` is asked instead of a store of this page or process. */
  constructor(options: StoreOptions, server?: ServerPlace) {
    this.#acquire = server
      ? async () => (await import("./remote/connect.js")).connectServer(server)
      : () => acquireStore(options);
  }

  /** Whether the client has let go of its store. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** The engine of the open store. */
  async engine(): Promise<Engine> {
    return (await this.#hold()).engine;
  }

  /** The server that has the store; undefined for a local one. */
  async server(): Promise<ServerFacts | undefined> {
    return (await this.#hold()).server;
  }

  /** Records that one write may hold. Asked for once. */
  maxBatchSize(): Promise<number> {
    this.#maxBatchSize ??= this.engine()
      .then((engine) => engine.maxBatchSize())
      .catch((error: unknown) => {
        this.#maxBatchSize = undefined;
        throw error;
      });
    return this.#maxBatchSize;
  }

  async info(): Promise<StoreInfo> {
    return (await this.#hold()).info();
  }

  /** Lets go of the store. Afterwards every call fails. */
  async close(): Promise<void> {
    this.#closed = true;
    // A store that could not be opened needs no closing: its error was reported to the call that opened it.
    const lease = await this.#lease?.catch(() => undefined);
    await lease?.release();
  }

  async #hold(): Promise<Lease> {
    if (this.#closed) {
      throw new ChromaConnectionError("The client is closed");
    }
    const opening = (this.#lease ??= this.#acquire());
    let lease: Lease;
    try {
      lease = await opening;
    } catch (error) {
      this.#forget(opening);
      throw error;
    }
    if (lease.alive()) {
      return lease;
    }
    this.#forget(opening);
    return this.#hold();
  }

  /** Drops a lease unless another call has replaced it already. */
  #forget(lease: Promise<Lease>): void {
    if (this.#lease === lease) {
      this.#lease = undefined;
    }
  }
}
