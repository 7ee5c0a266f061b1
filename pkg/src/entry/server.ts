/** Entry point of the HTTP handler, where modules are loaded from the files of this package: service workers, Node, Deno, Bun. */

import init, { Engine } from "../../wasm/server/chromatid.js";
import { patternsUrl } from "../engine/files.js";
import { type Handler, type HandlerOptions, makeHandler } from "../server/handler.js";
import { hostOpener } from "../server/host.js";
import { loadModule, moduleSource } from "../server/kept.js";

// Written out in full: bundlers recognise exactly this form.
const MODULE = new URL("../../wasm/server/chromatid_bg.wasm", import.meta.url);

const open = hostOpener({
  instantiate: async (given) => init({ module_or_path: given ?? (await moduleSource(MODULE)) }),
  Engine,
  patterns: () => loadModule(patternsUrl()),
});

/** A handler of Chroma's HTTP API over a store. */
export function createHandler(options: HandlerOptions): Handler {
  return makeHandler(open, options);
}

export * from "../server/index.js";
