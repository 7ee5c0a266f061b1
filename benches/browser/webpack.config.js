/** The adapters of the package itself, into `target/bench-stores`. */

import { adapterBundle } from "../bundle.mjs";

export default adapterBundle({
  context: import.meta.dirname,
  entry: Object.fromEntries(["automatic", "hnsw", "texts-alone", "texts-and-vectors"].map((name) => [name, `./stores/${name}.js`])),
  directory: "bench-stores",
});
