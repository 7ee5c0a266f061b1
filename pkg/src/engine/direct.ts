/** The wasm module in this thread, from the files of this package. */

import init, { Engine } from "../../wasm/chromatid.js";
import type { EngineRuntime } from "./fallback.js";
import { moduleUrl, patternsUrl } from "./files.js";
import { loadBytes, readModule } from "./module.js";
import { runtimeOf } from "./runtime.js";

/** The engine compiled into `chromatid_bg.wasm`, loaded on first use. */
export const wasmRuntime: EngineRuntime = runtimeOf({
  instantiate: async (given) => init({ module_or_path: given ?? (await readModule(moduleUrl())) ?? moduleUrl() }),
  Engine,
  patterns: () => loadBytes(patternsUrl()),
});
