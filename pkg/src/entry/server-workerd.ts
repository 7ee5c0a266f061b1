/** Entry point of the HTTP handler for Cloudflare Workers. See `workerd.ts` for how modules are had there. */

import * as patternsModule from "../../wasm/patterns.wasm";
import * as engineModule from "../../wasm/server/chromatid_bg.wasm";
import { Engine, initSync } from "../../wasm/server/chromatid.js";
import { CACHE_BYTES, compiled } from "../engine/workerd.js";
import { type Handler, type HandlerOptions, makeHandler } from "../server/handler.js";
import { hostOpener } from "../server/host.js";

const open = hostOpener({
  instantiate: () => initSync({ module: compiled(engineModule) }),
  Engine,
  patterns: () => compiled(patternsModule),
});

/** A handler of Chroma's HTTP API over a store, whose work in the background is left to {@link Handler.maintain} unless told otherwise. */
export function createHandler(options: HandlerOptions): Handler {
  return makeHandler(open, { housekeeping: "manual", cacheBytes: CACHE_BYTES, ...options });
}

export * from "../server/index.js";
