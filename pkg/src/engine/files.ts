/** Where the files of compiled modules lie, beside those of this package. */

/** Where the engine lies, `chromatid_bg.wasm`. */
export function moduleUrl(): URL {
  // Written out in full: bundlers recognise exactly this form.
  return new URL("../../wasm/chromatid_bg.wasm", import.meta.url);
}

/** Where the module of regular expressions lies. */
export function patternsUrl(): URL {
  // Written out in full: bundlers recognise exactly this form.
  return new URL("../../wasm/patterns.wasm", import.meta.url);
}
