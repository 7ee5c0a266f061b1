/** The adapter of the package itself, into `target/bench-stores`. */

import { adapterBundle } from "../bundle.mjs";

export default adapterBundle({
  context: import.meta.dirname,
  // Not under the name of the package's worker, which is a bundle too.
  entry: { store: "./stores/chromatid.js" },
  directory: "bench-stores",
});
