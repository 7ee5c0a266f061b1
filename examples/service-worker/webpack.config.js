/** Two bundles: the page, and the service worker with the engine. */

import path from "node:path";

import CopyPlugin from "copy-webpack-plugin";
import webpack from "webpack";

const rules = [{ test: /\.ts$/, use: { loader: "ts-loader", options: { transpileOnly: true, configFile: path.join(import.meta.dirname, "tsconfig.json") } } }];
const resolve = { extensions: [".ts", ".js"] };
const SETTINGS = path.join(import.meta.dirname, "src/process.ts");
const output = { path: path.join(import.meta.dirname, "dist"), filename: "[name].js" };

/** @type {import("webpack").Configuration[]} */
export default [
  {
    name: "page",
    mode: "production",
    context: import.meta.dirname,
    entry: { page: "./src/page.ts" },
    resolve,
    output,
    module: { rules },
    plugins: [
      new CopyPlugin({ patterns: ["index.html"] }),
      // The client reads its settings from `process.env`, of which a page has none.
      new webpack.NormalModuleReplacementPlugin(/^(node:)?process$/, SETTINGS),
    ],
    devServer: { static: false, port: 8080 },
    performance: { hints: false },
  },
  {
    name: "service-worker",
    mode: "production",
    target: "webworker",
    context: import.meta.dirname,
    entry: { sw: "./src/sw.ts" },
    resolve,
    // A service worker imports nothing later: its code is one file.
    output: { ...output, chunkLoading: "import-scripts", asyncChunks: false },
    module: { rules },
    performance: { hints: false },
  },
];
