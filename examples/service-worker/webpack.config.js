/** Two bundles: the page, and the service worker with the engine. */

import path from "node:path";

import CopyPlugin from "copy-webpack-plugin";

const rules = [{ test: /\.ts$/, use: { loader: "ts-loader", options: { transpileOnly: true } } }];
const resolve = { extensions: [".ts", ".js"] };
const output = { path: path.join(import.meta.dirname, "dist"), filename: "[name].js" };

/** @type {import("webpack").Configuration[]} */
export default [
  {
    name: "page",
    mode: "production",
    context: import.meta.dirname,
    entry: { page: "./src/page.ts" },
    // The client reads its settings from `process.env`, of which a page has none, and its embedding functions on demand.
    resolve: { ...resolve, alias: { "node:process": path.join(import.meta.dirname, "src/process.ts") } },
    output,
    module: { rules },
    plugins: [new CopyPlugin({ patterns: ["index.html"] })],
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
