/** Makes the script of a Worker, as whoever deploys one would: its code in one file, beside the WebAssembly modules that it imports. */

import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";

import webpack from "webpack";

import { compile } from "../../support/compile.mjs";

const ROOT = path.join(import.meta.dirname, "../../..");
const CONFORMANCE = path.join(ROOT, "target/wasm-conformance");

/** The engine with its conformance suite, under the names by which `worker/conformance.ts` imports it. */
const ENGINE = { "conformance-engine$": path.join(CONFORMANCE, "chromatid.js") };
/** What `worker/documented.ts` takes from the package's README; its test writes it. */
export const DOCUMENTED = path.join(ROOT, "target/edge/documented-articles.js");

const MODULES = new Map([["conformance-engine.wasm", path.join(CONFORMANCE, "chromatid_bg.wasm")]]);

/** @typedef {{ directory: string, modules: { type: "ESModule" | "CompiledWasm", path: string }[] }} Script */

/**
 * @param {string} entry of the Worker, in the tests' folder
 * @param {string} directory is emptied
 * @returns {Promise<Script>}
 */
export async function bundle(entry, directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  /** @type {Set<string>} */
  const wasm = new Set();
  await compile({
    mode: "production",
    target: "es2022",
    context: ROOT,
    entry: path.join(import.meta.dirname, "..", entry),
    resolve: { alias: { ...ENGINE, "documented-articles$": DOCUMENTED }, conditionNames: ["workerd", "import"], extensions: [".ts", ".js"] },
    module: {
      // The entry point for workerd imports its modules; what other platforms fetch is not looked for.
      parser: { javascript: { url: false, importMeta: false } },
      rules: [{ test: /\.ts$/, use: { loader: "ts-loader", options: { transpileOnly: true, compilerOptions: { noEmit: false } } } }],
    },
    externals: ({ context = ROOT, request = "" }) => {
      if (request.startsWith("cloudflare:")) {
        return Promise.resolve(`module ${request}`);
      }
      if (!request.endsWith(".wasm")) {
        return Promise.resolve();
      }
      const file = MODULES.get(request) ?? path.resolve(context, request);
      wasm.add(file);
      return Promise.resolve(`module ./${path.basename(file)}`);
    },
    experiments: { outputModule: true },
    output: { path: directory, filename: "worker.js", library: { type: "module" }, module: true },
    plugins: [new webpack.optimize.LimitChunkCountPlugin({ maxChunks: 1 })],
    performance: { hints: false },
  });
  /** @type {Script["modules"]} */
  const modules = [{ type: "ESModule", path: path.join(directory, "worker.js") }];
  for (const file of wasm) {
    const copy = path.join(directory, path.basename(file));
    copyFileSync(file, copy);
    modules.push({ type: "CompiledWasm", path: copy });
  }
  return { directory, modules };
}
