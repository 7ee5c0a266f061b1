/** What a page has of this package's own files: its worker and its modules, found by their URLs. */

import { connectionLost } from "./errors.js";
import { moduleUrl } from "./files.js";
import type { PageParts } from "./open.js";

export const ownFiles: PageParts = {
  worker: () => startWorker,
  module: compileModule,
  // Loaded only when needed, so that pages do not carry the engine's glue twice.
  async inPlace() {
    const [{ inProcess }, { wasmRuntime }] = await Promise.all([import("./in-process.js"), import("./direct.js")]);
    return inProcess(wasmRuntime);
  },
};

function startWorker(): Worker {
  try {
    // Written out in full: bundlers recognise exactly this form and build the worker from it.
    return new Worker(new URL("../entry/worker.js", import.meta.url), { type: "module", name: "chromatid" });
  } catch (error) {
    throw connectionLost("the engine's worker could not start", error);
  }
}

/** Compiles the engine for a worker that is still starting; `undefined` where that fails: then the worker tries, and says why. */
async function compileModule(): Promise<WebAssembly.Module | undefined> {
  try {
    return await WebAssembly.compileStreaming(fetch(moduleUrl()));
  } catch {
    return undefined;
  }
}
