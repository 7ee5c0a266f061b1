/**
 * Puts packages into `dist`: the stemmer is a CommonJS package, which only a bundler can load in a page, and the command line has a parser and
 * bars of others. So the package depends on nothing, and runs without a bundler.
 */

import { chmodSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

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
  // Whoever bundles the package minifies it.
  optimization: { minimize: false },
  plugins: [new Licences(), new Executable()],
  stats: "errors-warnings",
});

export default [
  inPlace("embedding/stemmer.js", "es2022"),
  inPlace("sync/sha256.js", "es2022"),
  inPlace("cli/vendor/commander.js", ["node20", "es2022"]),
  inPlace("cli/vendor/cli-progress.js", ["node20", "es2022"]),
];
