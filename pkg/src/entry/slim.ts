/** Entry point that loads nothing by itself: the caller gives the modules, and in pages the worker. */

import { setConnector } from "../engine/connection.js";
import { type GivenModules, givenConnector, nothingGiven } from "../engine/given.js";

/** What {@link setup} takes. */
export interface Setup extends GivenModules {
  /**
   * In pages: starts a worker that runs `chromatid/slim/worker`, or says where that file is. Without it the engine runs on the page's own thread,
   * where there is no OPFS.
   */
  worker?: string | URL | (() => Worker);
}

setConnector(nothingGiven);

/** Says where the engine comes from; called before the first store is opened. What is open already goes on. */
export function setup({ worker, ...modules }: Setup): void {
  const start = typeof worker === "function" || worker === undefined ? worker : () => new Worker(worker, { type: "module", name: "chromatid" });
  setConnector(givenConnector(modules, start && (() => start)));
}

export type { GivenModules, ModuleSource } from "../engine/given.js";
export * from "../index.js";
