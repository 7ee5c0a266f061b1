/** Bundles each adapter with its store into `target/bench-peers/<name>.js`, a module. */

import path from "node:path";

import { PEERS } from "./peers.mjs";

const here = import.meta.dirname;

/** @type {import("webpack").Configuration} */
export default {
  mode: "production",
  target: ["webworker", "es2022"],
  context: here,
  entry: Object.fromEntries(PEERS.map(({ name }) => [name, `./stores/${name}.js`])),
  experiments: { outputModule: true, asyncWebAssembly: true },
  output: {
    path: path.join(here, "../../target/bench-peers"),
    module: true,
    library: { type: "module" },
    filename: "[name].js",
    chunkFilename: "[name]-[contenthash:8].js",
    assetModuleFilename: "[name]-[contenthash:8][ext]",
    publicPath: "/bench-peers/",
    clean: { keep: /scan\.wasm$/ },
  },
  resolve: {
    modules: [path.join(here, "node_modules")],
    // What stores name for Node and never reach in a browser.
    fallback: { fs: false, path: false, crypto: false, os: false, util: false, url: false, module: false, perf_hooks: false },
  },
  // As they stand, behind imports that only run in Node.
  externals: /^node:/,
  externalsType: "import",
  // Some packages leave out the ends of file names.
  module: { rules: [{ test: /\.m?js$/, resolve: { fullySpecified: false } }] },
  performance: { hints: false },
  stats: "errors-warnings",
};
