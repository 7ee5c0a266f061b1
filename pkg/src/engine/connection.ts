/** How the client comes by an engine; each entry point of the package installs the way of its platform. */

import type { CareReport } from "./caretaker.js";
import type { Engine, StorageKind } from "./engine.js";
import type { Fallback, OpenRequest } from "./fallback.js";

/** Arguments of connecting to a store. */
export interface ConnectRequest extends OpenRequest {
  /** Whether the engine runs in a worker, or the worker to run it in; unset = as the platform does. */
  worker?: boolean | Worker;
}

/** An open store, in this thread or in a worker of its own. `engine.close()` ends both. */
export interface Connection {
  engine: Engine;
  storage: StorageKind | "files" | "adapter";
  fallbacks: readonly Fallback[];
  worker: boolean;
  /** How the last housekeeping step went. */
  care(): Promise<CareReport>;
}

export interface Connector {
  /** Opens a store. `onLost` is called when the engine ends, for whatever reason. */
  connect(request: ConnectRequest, onLost: (error: Error) => void): Promise<Connection>;
  /** Removes a store that is not open. */
  destroy(name: string): Promise<void>;
}

let installed: Connector | undefined;

/** Installs the platform's connector. */
export function setConnector(connector: Connector): void {
  installed = connector;
}

/** The platform's connector. */
export function connector(): Connector {
  if (!installed) {
    throw new Error("import chromatid by its entry point, not by one of its inner modules");
  }
  return installed;
}
