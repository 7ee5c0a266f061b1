/** A bundle for each page of the extension, one for what reads a page, and one for the service worker. */

import path from "node:path";

import CopyPlugin from "copy-webpack-plugin";

const here = import.meta.dirname;
const rules = [{ test: /\.ts$/, use: { loader: "ts-loader", options: { transpileOnly: true, configFile: path.join(here, "tsconfig.json"), compilerOptions: { noEmit: false } } } }];

/** @type {import("webpack").Configuration} */
const common = {
  mode: "production",
  context: here,
  // Never an eval form: the pages run under `script-src 'self'`.
  devtool: false,
  resolve: { extensions: [".ts", ".js"] },
  output: { path: path.join(here, "dist"), filename: "[name].js" },
  module: { rules },
  performance: { hints: false },
};

/** @type {import("webpack").Configuration[]} */
export default [
  {
    ...common,
    name: "pages",
    target: ["web", "es2022"],
    entry: { popup: "./src/ui/popup.ts", options: "./src/ui/options.ts", offscreen: "./src/store/offscreen.ts", extract: "./src/page/extract.ts" },
    plugins: [
      new CopyPlugin({
        patterns: [
          { from: "public", to: "." },
          { from: "../../www/data/minilm-static", to: "data/minilm-static" },
        ],
      }),
    ],
  },
  {
    ...common,
    name: "service-worker",
    target: ["webworker", "es2022"],
    entry: { "service-worker": "./src/background/service-worker.ts" },
    // A service worker imports nothing later: its code is one file.
    output: { ...common.output, asyncChunks: false },
  },
];
