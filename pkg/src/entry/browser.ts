/** Entry point for browsers: the engine runs in a worker where there is a page to keep free. */

import { setConnector } from "../engine/connection.js";
import { pageConnector } from "../engine/open.js";
import { ownFiles } from "../engine/page.js";

setConnector(pageConnector(ownFiles));

export * from "../index.js";
