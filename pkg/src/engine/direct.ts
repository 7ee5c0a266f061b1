/** The wasm module in this thread. */

import init, { Engine as WasmEngine } from "../../wasm/chromatid.js";
import type { Engine, EngineOptions } from "./engine.js";
import type { EngineRuntime } from "./fallback.js";
import { moduleUrl } from "./module.js";

/** The engine compiled into `chromatid_bg.wasm`, loaded on first use. */
export const wasmRuntime: EngineRuntime = {
  provide(module: WebAssembly.Module): void {
    void load(Promise.resolve(module));
  },
  async open(options: EngineOptions): Promise<Engine> {
    await (loading ?? load(source()));
    const engine: unknown = await WasmEngine.open(options);
    return engine as Engine;
  },
  async destroy(storage: "opfs" | "indexeddb", name: string): Promise<void> {
    await (loading ?? load(source()));
    await WasmEngine.destroy(storage, name);
  },
};

let loading: Promise<unknown> | undefined;

/** Instantiates the module once. A failure (offline before the first load, say) is not remembered. */
function load(source: Promise<URL | BufferSource | WebAssembly.Module>): Promise<unknown> {
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
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (url.protocol !== "file:" || !process?.versions?.node) {
    return url;
  }
  // The name is a variable so that bundlers for browsers do not look for the module.
  const module = "node:fs/promises";
  const { readFile } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as {
    readFile: (url: URL) => Promise<Uint8Array<ArrayBuffer>>;
  };
  return readFile(url);
}
