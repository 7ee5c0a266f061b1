/** Entry point for Node: the engine runs in the process. */

import { setConnector } from "../engine/connection.js";
import { inProcessConnector } from "../engine/in-process.js";

setConnector(inProcessConnector);

export * from "../index.js";
