/** The stores that are compared with, into `target/bench-peers`. */

import path from "node:path";

import { adapterBundle } from "../bundle.mjs";
import { PEERS } from "./peers.mjs";

const here = import.meta.dirname;

export default adapterBundle({
  context: here,
  entry: Object.fromEntries(PEERS.map(({ name }) => [name, `./stores/${name}.js`])),
  directory: "bench-peers",
  resolve: {
    modules: [path.join(here, "node_modules")],
    // What stores name for Node and never reach in a browser.
    fallback: { fs: false, path: false, crypto: false, os: false, util: false, url: false, module: false, perf_hooks: false },
  },
});
