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
import { CACHE_BYTES, compiled } from "../engine/workerd.js";

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
