/** Clients for Node, named as in Chroma's Python package: the engine runs in the process, without a server. */

import { ChromaClient, type ChromaClientArgs } from "./client.js";
import type { ServerOptions } from "./server-options.js";
import { NodeDirectory } from "./storage/node-directory.js";

/** Options of {@link EphemeralClient}; all optional. */
export type EphemeralClientArgs = Omit<ChromaClientArgs, keyof ServerOptions | "name" | "storage" | "worker">;

/** Options of {@link PersistentClient}; all optional. */
export interface PersistentClientArgs extends EphemeralClientArgs {
  /** The directory of the store, created if it does not exist. Default `./chroma`. */
  path?: string;
}

/**
 * Chroma with its data in a directory. Clients of one path in a process share the store; the last one that is closed closes it. A process
 * may end without: what was acknowledged is there. Another process that opens the store waits some seconds for it, then gets an error whose
 * `cause` is named `StorageLockedError`. See {@link NodeDirectory} for what the directory has to be.
 */
export class PersistentClient extends ChromaClient {
  constructor({ path = "./chroma", ...args }: PersistentClientArgs = {}) {
    super({ ...args, storage: new NodeDirectory(path) });
  }
}

/** Chroma with its data in memory, for this client alone. */
export class EphemeralClient extends ChromaClient {
  constructor(args: EphemeralClientArgs = {}) {
    super({ ...args, storage: "memory" });
  }
}
