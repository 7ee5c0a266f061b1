/** How the adapters of stores are bundled: each with its store as a module, which pages and workers import. */

import path from "node:path";

import { ROOT } from "../scripts/lib/run.mjs";

/**
 * @param {object} bundle
 * @param {string} bundle.context the directory that `entry` is relative to
 * @param {Record<string, string>} bundle.entry
 * @param {string} bundle.directory of `target`, which the server offers under its own name
 * @param {import("webpack").Configuration["resolve"]} [bundle.resolve]
 * @returns {import("webpack").Configuration}
 */
export function adapterBundle({ context, entry, directory, resolve = {} }) {
  return {
    mode: "production",
    target: ["web", "es2022"],
    context,
    entry,
    resolve,
    experiments: { outputModule: true, asyncWebAssembly: true },
    output: {
      path: path.join(ROOT, "target", directory),
      module: true,
      library: { type: "module" },
      // There is no document in a worker to add scripts to.
      chunkLoading: "import",
      workerChunkLoading: "import",
      filename: "[name].js",
      chunkFilename: "[name]-[contenthash:8].js",
      assetModuleFilename: "[name]-[contenthash:8][ext]",
      publicPath: `/${directory}/`,
      clean: { keep: /scan\.wasm$/ },
    },
    // Node's own modules as they stand, behind imports that only run in Node.
    externals: /^node:/,
    externalsType: "import",
    // Some packages leave out the ends of file names.
    module: { rules: [{ test: /\.m?js$/, resolve: { fullySpecified: false } }] },
    performance: { hints: false },
    stats: "errors-warnings",
  };
}
