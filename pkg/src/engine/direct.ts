/** The wasm module in this thread. */

import init, { Engine as WasmEngine, type InitOutput } from "../../wasm/chromatid.js";
import type { Encryption } from "./encryption.js";
import { type Engine, type EngineMethod, type EngineOptions, interceptEngine, invoke } from "./engine.js";
import { EngineError } from "./errors.js";
import type { EngineRuntime } from "./fallback.js";
import { moduleUrl, readModule } from "./module.js";
import { PatternModule, usesPatterns } from "./patterns.js";

/** The engine compiled into `chromatid_bg.wasm`, loaded on first use. */
export const wasmRuntime: EngineRuntime = {
  provide(module: WebAssembly.Module): void {
    void load(Promise.resolve(module));
  },
  async open(options: EngineOptions): Promise<Engine> {
    const { memory } = await (loading ?? load(source()));
    const { encryption, ...rest } = options;
    const lock = encryption && (await lockFor(encryption));
    const opened: unknown = await WasmEngine.open({ ...rest, lock });
    const engine = opened as Extensible;
    return interceptEngine(async (method, args) => {
      if (usesPatterns(method, args)) {
        await (patterns ?? loadPatterns(memory));
      }
      return method in engine ? invoke(engine, method, args) : engine.extend(method, [...args]);
    });
  },
  async destroy(storage: "opfs" | "indexeddb", name: string): Promise<void> {
    await (loading ?? load(source()));
    await WasmEngine.destroy(storage, name);
  },
};

/** The engine of the module: methods that it does not export it takes by their names. */
interface Extensible extends Engine {
  extend(method: EngineMethod, args: unknown[]): Promise<unknown>;
}

/** Loaded by those who encrypt. */
async function lockFor(encryption: Encryption): Promise<unknown> {
  const { checkEncryption, StoreLock } = await import("./encryption.js");
  checkEncryption(encryption);
  return new StoreLock(encryption);
}

let loading: Promise<InitOutput> | undefined;
let patterns: Promise<void> | undefined;

/** Instantiates the module once. A failure (offline before the first load, say) is not remembered. */
function load(source: Promise<URL | BufferSource | WebAssembly.Module>): Promise<InitOutput> {
  loading = source
    .then((module_or_path) => init({ module_or_path }))
    .catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
  return loading;
}

async function source(): Promise<URL | BufferSource> {
  const url = moduleUrl();
  return (await readModule(url)) ?? url;
}

/** Loads the module of regular expressions once; again after a failure. */
function loadPatterns(engine: WebAssembly.Memory): Promise<void> {
  patterns = PatternModule.load(engine)
    .then((module) => {
      WasmEngine.providePatterns(module);
    })
    .catch((error: unknown) => {
      patterns = undefined;
      const message = `regular expressions could not be loaded: ${error instanceof Error ? error.message : String(error)}`;
      throw new EngineError({ name: "ChromaError", message, code: 503, retryable: true });
    });
  return patterns;
}
