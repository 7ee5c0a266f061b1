/** The adapters of the package itself, into `target/bench-stores`. */

import { adapterBundle } from "../bundle.mjs";

export default adapterBundle({
  context: import.meta.dirname,
  entry: { automatic: "./stores/automatic.js", hnsw: "./stores/hnsw.js" },
  directory: "bench-stores",
});
