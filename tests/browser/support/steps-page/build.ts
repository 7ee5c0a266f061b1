/** Builds the page and its service worker, into `target/examples/steps`. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import webpack, { type Configuration } from "webpack";

import { compile } from "../../../support/compile.mjs";

const OUT = path.join(import.meta.dirname, "../../../../target/examples/steps");
const loader = { test: /\.ts$/, use: { loader: "ts-loader", options: { transpileOnly: true, compilerOptions: { noEmit: false } } } };

const COMMON: Configuration = {
  mode: "development",
  devtool: false,
  context: import.meta.dirname,
  resolve: { extensions: [".ts", ".mjs", ".js"] },
  module: { rules: [loader] },
  performance: { hints: false },
};

const PAGE: Configuration = {
  ...COMMON,
  entry: { page: "./page.mjs" },
  output: { path: OUT, filename: "[name].js" },
  plugins: [new webpack.NormalModuleReplacementPlugin(/^(node:)?process$/, path.join(import.meta.dirname, "process.mjs"))],
};

/** Of which nothing is loaded later. */
const WORKER: Configuration = {
  ...COMMON,
  target: "webworker",
  entry: { sw: "./sw.ts" },
  output: { path: OUT, filename: "[name].js", chunkLoading: "import-scripts", asyncChunks: false },
};

export async function buildStepsPage(): Promise<void> {
  rmSync(OUT, { recursive: true, force: true });
  await compile([PAGE, WORKER]);
  mkdirSync(OUT, { recursive: true });
  writeFileSync(path.join(OUT, "index.html"), '<!doctype html><title>steps</title><script src="page.js"></script>');
}
