/**
 * Puts the stemmer into `dist`: it is a CommonJS package, which only a bundler can load in a page. So the package depends on
 * nothing, and runs without one.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

import webpack from "webpack";

const dist = path.join(import.meta.dirname, "dist/embedding");
const licence = createRequire(import.meta.url).resolve("porter2/LICENSE");

/** @type {import("webpack").Configuration} */
export default {
  mode: "production",
  target: "es2022",
  context: import.meta.dirname,
  entry: path.join(dist, "stemmer.js"),
  experiments: { outputModule: true },
  output: { path: dist, filename: "stemmer.js", library: { type: "module" }, module: true },
  // Whoever bundles the package minifies it.
  optimization: { minimize: false },
  plugins: [new webpack.BannerPlugin({ banner: readFileSync(licence, "utf8") })],
  stats: "errors-warnings",
};
