/** Open stores, shared by the clients of a page or process. */

import { toChromaError } from "../error-mapping.js";
import { ChromaConnectionError, ChromaValueError } from "../errors.js";
import { isDirectory } from "../storage/directory.js";
import { type Connection, connector } from "./connection.js";
import {
  type Durability,
  type Engine,
  type EngineInfo,
  type Housekeeping,
  interceptEngine,
  invoke,
  type Quotas,
} from "./engine.js";
import type { Encryption } from "./encryption.js";
import type { Fallback, StorageChoice } from "./fallback.js";
import { contradiction, sharedOptions } from "./options.js";
import type { ServerFacts, ServerInfo } from "./server-facts.js";
import type { Sharing } from "./sharing/shared-store.js";
import { estimateQuota, isPersisted, type Persistence, type Quota, requestPersistence } from "./persistence.js";

/** Which store a client works on, and how it is opened. */
export interface StoreOptions {
  /** Name of the store within the origin. Default `"default"`. A store in a directory has none but its path. */
  name?: string;
  /** Default `"auto"`: OPFS, else IndexedDB, else memory. An object is a directory (see `StorageDirectory`) or a storage adapter. */
  storage?: StorageChoice;
  /** Default `"strict"`: a write is durable when its promise resolves. */
  durability?: Durability;
  /** Default `"idle"`: housekeeping is done in moments without calls. `"manual"`: by `maintain()`. */
  housekeeping?: Housekeeping;
  /** Budget of the block cache in bytes. */
  cacheBytes?: number;
  /** Whether `reset()` is allowed. Default false. */
  allowReset?: boolean;
  /** How many earlier versions of each collection are kept, to be read and restored. Default 0. */
  versions?: number;
  /** Limits on what the store takes and answers. Default none. */
  quotas?: Quotas;
  /**
   * Encrypts everything that the store keeps, and opens it again: with a passphrase, or with a key of the caller. A store is encrypted from
   * its first opening on or never.
   */
  encryption?: Encryption;
  /** Whether the engine runs in a worker (default on pages), or the worker to use (from `chromatid/worker`). */
  worker?: boolean | Worker;
}

/** What is known about an open store. */
export interface StoreInfo extends EngineInfo {
  persistence: Persistence;
  /** `null` where the browser does not tell. */
  quota: Quota | null;
  /** Storages that were tried before the one in use and are not available here. */
  fallbacks: Fallback[];
  /** Whether the engine runs in a worker. */
  worker: boolean;
  /** `error`: why the last housekeeping step failed; `null` when it did not. */
  maintenance: { error: string | null };
  /** How the tabs and workers of this origin that use the store share it; `null` for a store that cannot be shared. */
  sharing: Sharing | null;
  /** The server that the client asks, of which `version`, `storage` and this are known, and no numbers; `null` for a local store. */
  server: ServerInfo | null;
}

/** A client's share in an open store. */
export interface Lease {
  /** Throws the errors of the `chromadb` client. */
  readonly engine: Engine;
  /** False once the engine is gone; the store has to be acquired again. */
  alive(): boolean;
  info(): Promise<StoreInfo>;
  /** Present if it is a server that holds the store. */
  readonly server?: ServerFacts;
  /** Gives the share back; the last one closes the store. */
  release(): Promise<void>;
}

/** Opens a store, or joins the clients that have it open already. */
export async function acquireStore(options: StoreOptions): Promise<Lease> {
  for (const store of open) {
    if (await store.serves(options)) {
      return store.lease();
    }
  }
  const store = new Store(options);
  return store.lease();
}

/** Removes a store with everything in it. It must not be open. */
export async function destroyStore(name: string): Promise<void> {
  if ([...open].some((store) => store.name === name)) {
    throw new ChromaValueError(`The store '${name}' is open: close its clients before destroying it`);
  }
  try {
    await connector().destroy(name);
  } catch (error) {
    throw toChromaError(error);
  }
}

/** Whoever joins an open store has to have what it was opened with. */
function isSameEncryption(a: Encryption | undefined, b: Encryption | undefined): boolean {
  if (!a || !b) {
    return a === b;
  }
  if ("passphrase" in a || "passphrase" in b) {
    return "passphrase" in a && "passphrase" in b && a.passphrase === b.passphrase;
  }
  const [one, other] = [a.key, b.key];
  return one instanceof Uint8Array && other instanceof Uint8Array
    ? one.length === other.length && one.every((byte, place) => byte === other[place])
    : one === other;
}

/** The path of a directory that clients may share. */
function pathOf(storage: StorageChoice | undefined): string | undefined {
  return isDirectory(storage) ? storage.path : undefined;
}

/** What a store is called among the open ones: in a directory, its path. */
function nameOf({ name = "default", storage }: StoreOptions): string {
  return pathOf(storage) ?? name;
}

/** Those that clients may share. Private ones end with their client, even if that is never closed. */
const open = new Set<Store>();

class Store {
  readonly name: string;
  /** Memory that was asked for as such, adapters, and directories without a path belong to the client that opened them. */
  readonly isPrivate: boolean;
  readonly #options: StoreOptions;
  readonly #connection: Promise<Connection>;
  #leases = 0;
  #alive = true;
  #persistenceRequested = false;

  constructor(options: StoreOptions) {
    const { storage = "auto", durability = "strict" } = options;
    const name = nameOf(options);
    this.name = name;
    this.isPrivate = storage === "memory" || (typeof storage === "object" && pathOf(storage) === undefined);
    this.#options = { ...options, storage, durability, allowReset: options.allowReset ?? false };
    const { cacheBytes, worker, versions, quotas, encryption, housekeeping } = options;
    const { allowReset } = this.#options;
    if (!this.isPrivate) {
      open.add(this);
    }
    this.#connection = connector().connect(
      {
        name,
        storage,
        durability,
        cacheBytes,
        allowReset,
        worker,
        versions,
        quotas,
        encryption,
        housekeeping,
        asked: sharedOptions(options),
      },
      () => this.#drop(),
    );
    this.#connection.then(
      (connection) => {
        this.#persistenceRequested = connection.storage !== "memory" && requestPersistence();
      },
      () => this.#drop(),
    );
  }

  /** Whether these options mean this store. Options that contradict those it was opened with are refused. */
  async serves(options: StoreOptions): Promise<boolean> {
    const { storage = "auto" } = options;
    const name = nameOf(options);
    if (name !== this.name || !(await this.#isStorage(storage)) || !this.#alive) {
      return false;
    }
    const problem = contradiction(name, options, this.#options);
    if (problem !== undefined) {
      throw new ChromaValueError(problem);
    }
    if (!isSameEncryption(options.encryption, this.#options.encryption)) {
      throw new ChromaValueError(`The store '${name}' is open already, with another key or passphrase`);
    }
    return true;
  }

  async #isStorage(storage: StorageChoice): Promise<boolean> {
    const path = pathOf(storage);
    if (storage === this.#options.storage || (path !== undefined && path === pathOf(this.#options.storage))) {
      return true;
    }
    const opened = await this.#connection.then(
      (connection) => connection.storage,
      () => undefined,
    );
    // Where OPFS is open, `auto` would choose it too.
    return opened !== undefined && (storage === opened || (storage === "auto" && opened === "opfs"));
  }

  async lease(): Promise<Lease> {
    this.#leases += 1;
    try {
      const connection = await this.#connection;
      return this.#leaseOf(connection);
    } catch (error) {
      this.#leases -= 1;
      throw toChromaError(error);
    }
  }

  #leaseOf(connection: Connection): Lease {
    let released = false;
    const engine = interceptEngine(async (method, args) => {
      if (released) {
        throw new ChromaConnectionError("The client is closed");
      }
      try {
        return await invoke(connection.engine, method, args);
      } catch (error) {
        throw toChromaError(error);
      }
    });
    return {
      engine,
      alive: () => this.#alive && !released,
      info: () => this.#info(connection, engine),
      release: async () => {
        if (!released) {
          released = true;
          await this.#release(connection);
        }
      },
    };
  }

  async #release(connection: Connection): Promise<void> {
    this.#leases -= 1;
    if (this.#leases === 0 && this.#alive) {
      this.#drop();
      try {
        await connection.engine.close();
      } catch (error) {
        throw toChromaError(error);
      }
    }
  }

  async #info(connection: Connection, engine: Engine): Promise<StoreInfo> {
    const [info, { error, sharing = null }, persisted, quota] = await Promise.all([
      engine.info(),
      connection.care().catch((error: unknown) => {
        throw toChromaError(error);
      }),
      isPersisted(),
      estimateQuota(),
    ]);
    return {
      ...info,
      persistence: { persisted, requested: this.#persistenceRequested },
      quota,
      fallbacks: connection.fallbacks.map((fallback) => ({ ...fallback })),
      worker: connection.worker,
      maintenance: { error },
      sharing,
      server: null,
    };
  }

  #drop(): void {
    this.#alive = false;
    open.delete(this);
  }
}
