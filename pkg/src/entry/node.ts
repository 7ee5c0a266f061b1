/** Entry point for Node: the engine runs in the process. */

import { setConnector } from "../engine/connection.js";
import { wasmRuntime } from "../engine/direct.js";
import { inProcess } from "../engine/in-process.js";

setConnector(inProcess(wasmRuntime));

export * from "../index.js";
