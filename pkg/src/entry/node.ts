/** Entry point for Node: the engine runs in the process, and stores may lie in directories. */

import { setConnector } from "../engine/connection.js";
import { wasmRuntime } from "../engine/direct.js";
import { inProcess } from "../engine/in-process.js";

setConnector(inProcess(wasmRuntime));

export * from "../index.js";
export { EphemeralClient, type EphemeralClientArgs, PersistentClient, type PersistentClientArgs } from "../node-clients.js";
export { nodeListener } from "../node/listener.js";
export { type RunningServer, serve, type ServeOptions } from "../node/serve.js";
export { NodeDirectory } from "../storage/node-directory.js";
