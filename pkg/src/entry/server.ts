/** Entry point of the HTTP handler, where modules are loaded from the files of this package: service workers, Node, Deno, Bun. */

import init, { Engine } from "../../wasm/server/chromatid.js";
import { loadBytes, patternsUrl, readModule } from "../engine/module.js";
import { type Handler, type HandlerOptions, makeHandler } from "../server/handler.js";
import { hostOpener } from "../server/host.js";

// Written out in full: bundlers recognise exactly this form.
const MODULE = new URL("../../wasm/server/chromatid_bg.wasm", import.meta.url);

const open = hostOpener({
  instantiate: async (given) => init({ module_or_path: given ?? (await readModule(MODULE)) ?? MODULE }),
  Engine,
  patterns: () => loadBytes(patternsUrl()),
});

/** A handler of Chroma's HTTP API over a store. */
export function createHandler(options: HandlerOptions): Handler {
  return makeHandler(open, options);
}

export * from "../server/index.js";
