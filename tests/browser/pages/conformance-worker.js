// Runs the suites that are compiled into the engine, in the one place where every storage exists: a dedicated worker.

import init, * as engine from "/conformance/chromatid.js";

/** Loads the module once. */
let ready;
function load() {
  return (ready ??= init({ module_or_path: new URL("/conformance/chromatid_bg.wasm", self.location.href) }));
}

self.addEventListener("message", async ({ data: { suite, kind } }) => {
  try {
    await load();
    const passed =
      suite === "storage" ? await engine.run_storage_conformance(kind) : (engine.run_distance_selftest(), [suite]);
    self.postMessage({ passed });
  } catch (error) {
    self.postMessage({ failure: String(error?.message ?? error) });
  }
});
