/**
 * Makes files of `dist` that stand for themselves, in the place of the modules of the same names.
 *
 * Packages are put into it: the stemmer is a CommonJS package, which only a bundler can load in a page, and the command line has a parser and
 * bars of others. So the package depends on nothing, and runs without a bundler. The worker of `chromatid/slim` becomes one file, which can be copied, and the
 * modules of `chromatid/inline` become text, for bundlers that know no other files.
 */

import { chmodSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

import webpack from "webpack";

const dist = path.join(import.meta.dirname, "dist");

/** Puts the licences of the packages whose code comes into a bundle above it. */
class Licences {
  /** @param {webpack.Compiler} compiler */
  apply(compiler) {
    /** @type {Set<string>} */
    const packages = new Set();
    compiler.hooks.compilation.tap("Licences", (compilation) => {
      compilation.hooks.succeedModule.tap("Licences", (module) => {
        const directory = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(module.nameForCondition() ?? "")?.[0];
        if (directory !== undefined) {
          packages.add(directory);
        }
      });
    });
    new webpack.BannerPlugin({ banner: () => [...packages].sort().map(licenceOf).join("\n\n") }).apply(compiler);
  }
}

/** @param {string} directory of a package */
function licenceOf(directory) {
  const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) {
    throw new Error(`${directory} has no licence`);
  }
  return `${path.basename(directory)}\n\n${readFileSync(path.join(directory, file), "utf8")}`;
}

/** Lets the shell start the command line. */
class Executable {
  /** @param {webpack.Compiler} compiler */
  apply(compiler) {
    compiler.hooks.afterEmit.tap("Executable", () => chmodSync(path.join(dist, "cli/main.js"), 0o755));
  }
}

/**
 * @param {string} file a module of `dist`, which is replaced
 * @param {string | string[]} target
 * @returns {webpack.Configuration}
 */
const inPlace = (file, target) => ({
  mode: "production",
  target,
  context: import.meta.dirname,
  entry: path.join(dist, file),
  experiments: { outputModule: true },
  output: { path: path.join(dist, path.dirname(file)), filename: path.basename(file), library: { type: "module" }, module: true },
  module: {
    // URLs stay as they are: they are found where the file lies. What is loaded later is in the file, too.
    parser: { javascript: { importMeta: false, url: false, worker: false, dynamicImportMode: "eager" } },
    rules: [{ test: /\.wasm$/, type: "asset/inline", generator: { dataUrl: (/** @type {Buffer} */ bytes) => gzipSync(bytes, { level: 9 }).toString("base64") } }],
  },
  // Whoever bundles the package minifies it.
  // Without the inner graph nothing is replaced by comments that other bundlers complain of.
  optimization: { minimize: false, innerGraph: false, usedExports: false },
  plugins: [new Licences(), new Executable()],
  stats: "errors-warnings",
});

export default [
  inPlace("embedding/stemmer.js", "es2022"),
  inPlace("sync/sha256.js", "es2022"),
  inPlace("entry/slim-worker.js", ["webworker", "es2022"]),
  inPlace("inline/engine.js", "es2022"),
  inPlace("inline/patterns.js", "es2022"),
  inPlace("cli/vendor/commander.js", ["node20", "es2022"]),
  inPlace("cli/vendor/cli-progress.js", ["node20", "es2022"]),
];
