/** Bundles the console's charts into one script and one style sheet, for a page that opens from the disk. */

import path from "node:path";

import CssPlugin from "mini-css-extract-plugin";
import webpack from "webpack";

const root = path.join(import.meta.dirname, "../..");

/** @type {import("webpack").Configuration} */
export default {
  mode: "production",
  target: ["web", "es2022"],
  context: path.join(root, "www"),
  entry: { report: "./src/report.tsx" },
  output: { path: path.join(root, "target/bench-report"), filename: "[name].js", clean: true },
  resolve: { extensions: [".tsx", ".ts", ".js"] },
  module: {
    rules: [
      { test: /\.tsx?$/, loader: "ts-loader", options: { transpileOnly: true, compilerOptions: { noEmit: false } } },
      { test: /\.css$/, use: [CssPlugin.loader, "css-loader"], sideEffects: true },
    ],
  },
  plugins: [new CssPlugin({ filename: "[name].css" }), new webpack.optimize.LimitChunkCountPlugin({ maxChunks: 1 })],
  performance: { hints: false },
  stats: "errors-warnings",
};
