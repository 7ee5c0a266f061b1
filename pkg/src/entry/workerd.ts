/**
 * Entry point for Cloudflare Workers (workerd), by the export condition of that name.
 *
 * The engine runs in the Worker, or the Durable Object, that opens a store. WebAssembly is not compiled at run time there, so the modules are
 * imported; the one of regular expressions is instantiated by the first filter that has one. Both are instantiated at once rather than
 * asynchronously: objects that share an isolate share the module, but must not wait for each other's promises.
 */

import * as engineModule from "../../wasm/chromatid_bg.wasm";
import * as patternsModule from "../../wasm/patterns.wasm";
import { Engine, initSync } from "../../wasm/chromatid.js";
import { setConnector } from "../engine/connection.js";
import { inProcess } from "../engine/in-process.js";
import { runtimeOf } from "../engine/runtime.js";

/** Default budget of a store's block cache in bytes: all objects of an isolate together have 128 MB. */
const CACHE_BYTES = 16 * 1024 * 1024;

/** What an import of a WebAssembly file is here: not its exports, which are what the generated types tell. */
function compiled(imported: unknown): WebAssembly.Module {
  return (imported as { default: WebAssembly.Module }).default;
}

const inPlace = inProcess(
  runtimeOf({
    instantiate: () => initSync({ module: compiled(engineModule) }),
    Engine,
    patterns: () => compiled(patternsModule),
  }),
);

setConnector({
  ...inPlace,
  connect: (request, onLost) => inPlace.connect({ ...request, cacheBytes: request.cacheBytes ?? CACHE_BYTES }, onLost),
});

export * from "../index.js";
