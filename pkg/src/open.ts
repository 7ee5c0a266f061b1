/** Opening and removing stores. */

import { ChromaClient, type ChromaClientArgs } from "./client.js";
import { destroyStore } from "./engine/store.js";

/** Options of {@link open}; all optional. */
export type OpenOptions = ChromaClientArgs;

/** Opens a store, joins one that is open in this page or process, or finds out that a server is there; answers a client of it. */
export async function open(options: OpenOptions = {}): Promise<ChromaClient> {
  const client = new ChromaClient(options);
  await client.heartbeat();
  return client;
}

/** Removes a store with everything in it, wherever it is kept. It must not be open. */
export async function destroy(name = "default"): Promise<void> {
  await destroyStore(name);
}
