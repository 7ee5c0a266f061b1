// Runs the suites that are compiled into the engine, in the one place where every storage exists: a dedicated worker.

import init, * as engine from "/conformance/chromatid.js";

/** Each resolves to the names of what passed. */
const suites = {
  storage: (kind) => engine.run_storage_conformance(kind),
  distance: () => (engine.run_distance_selftest(), ["distance"]),
  quantization: () => (engine.run_quantization_selftest(), ["quantization"]),
};

/** Loads the module once. */
let ready;
function load() {
  return (ready ??= init({ module_or_path: new URL("/conformance/chromatid_bg.wasm", self.location.href) }));
}

self.addEventListener("message", async ({ data: { suite, kind } }) => {
  try {
    await load();
    self.postMessage({ passed: await suites[suite](kind) });
  } catch (error) {
    self.postMessage({ failure: String(error?.message ?? error) });
  }
});
