/** The compiled engine, `chromatid_bg.wasm`. */

/** Where it lies. */
export function moduleUrl(): URL {
  // Written out in full: bundlers recognise exactly this form.
  return new URL("../../wasm/chromatid_bg.wasm", import.meta.url);
}

/** Compiles it for a worker that is still starting; `undefined` where that fails: then the worker tries, and says why. */
export async function compileModule(): Promise<WebAssembly.Module | undefined> {
  try {
    return await WebAssembly.compileStreaming(fetch(moduleUrl()));
  } catch {
    return undefined;
  }
}
