/** The engine in this thread, from modules that are given. */

import init, { Engine, initSync } from "../../wasm/chromatid.js";
import type { EngineRuntime } from "./fallback.js";
import { runtimeOf } from "./runtime.js";

/**
 * A module that is there already is instantiated at once: where objects share an isolate, as in workerd, they must not wait for each
 * other's promises.
 */
export function runtimeOfModules(
  engine: WebAssembly.Module | (() => Promise<WebAssembly.Module>),
  patterns: () => Promise<WebAssembly.Module>,
): EngineRuntime {
  return runtimeOf({
    instantiate: async (given) => {
      const module = given ?? engine;
      return module instanceof WebAssembly.Module ? initSync({ module }) : init({ module_or_path: await (module as () => Promise<WebAssembly.Module>)() });
    },
    Engine,
    patterns,
  });
}
