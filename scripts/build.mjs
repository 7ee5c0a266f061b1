/**
 * Builds everything that is shipped: the engine (`pkg/wasm`), the package (`pkg/dist`), the console (`www/dist`).
 * Steps whose input did not change are passed over.
 */

import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { duration, isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";
import { whenChanged } from "./lib/stamp.mjs";
import { ensureNpm } from "./setup/npm.mjs";
import { ensureWasmTarget } from "./setup/wasm-target.mjs";

/** Where the engine with its conformance suite goes; only tests load it. */
const CONFORMANCE = ["--features", "conformance", "--profile", "conformance", "--plain", "--out", "target/wasm-conformance"];

/** The engine with the HTTP API, beside the one for pages. */
const SERVER = ["--features", "rest", "--profile", "server", "--out", "pkg/wasm/server", "--engine-only"];

/** A tool that did not succeed; it has said why itself. */
export class BuildError extends SetupError {
  name = "BuildError";
}

/**
 * @param {string[]} command
 * @param {Record<string, string>} [env]
 */
async function must(command, env) {
  const { code } = await run(command, { env });
  if (code !== 0) {
    throw new BuildError(`"${command.join(" ")}" failed`);
  }
}

/**
 * @param {Record<string, string>} env from {@link ensureWasmTarget}
 * @param {{ conformance?: boolean }} [options]
 */
export async function buildWasm(env, { conformance = false } = {}) {
  if (conformance) {
    await must(["cargo", "xtask", "wasm", ...CONFORMANCE], env);
    return;
  }
  // The tool itself is compiled before: both would wait for that.
  await must(["cargo", "build", "--quiet", "--locked", "--package", "xtask"], env);
  // The linker takes most of the time, with one thread for each.
  await Promise.all([must(["cargo", "xtask", "wasm"], env), must(["cargo", "xtask", "wasm", ...SERVER], env)]);
}

/** TypeScript to `pkg/dist`, from nothing: modules that are gone from the source do not linger. */
export async function buildPackage() {
  const settings = ["pkg/tsconfig.json", "pkg/webpack.config.js", "package-lock.json"];
  const inputs = ["pkg/src", "pkg/types", "pkg/wasm", ...settings];
  const made = await whenChanged("pkg", "pkg/dist", inputs, async () => {
    rmSync(path.join(ROOT, "pkg/dist"), { recursive: true, force: true });
    await must(["node_modules/.bin/tsc", "-p", "pkg/tsconfig.json"]);
    await must(["node_modules/.bin/webpack", "--config", "pkg/webpack.config.js"]);
  });
  say(`pkg: pkg/dist is ${made ? "built" : "up to date"}`);
}

/** The console, with the package as it stands in `pkg/dist` and `pkg/wasm`. */
export async function buildConsole() {
  const parts = ["src", "data", "public", "index.html", "package.json", "tsconfig.json"].map((part) => `www/${part}`);
  const inputs = [...parts, "webpack.config.js", "pkg/dist", "pkg/wasm", "pkg/package.json", "package-lock.json"];
  const made = await whenChanged("www", "www/dist", inputs, () => must(["node_modules/.bin/webpack"]));
  say(`www: www/dist is ${made ? "built" : "up to date"}`);
  await whenChanged("pkg-console", SHIPPED_CONSOLE, ["www/dist", "scripts/build.mjs"], shipConsole);
}

/** Where the package has the console that `chromatid browse` serves. */
const SHIPPED_CONSOLE = "pkg/console";

/** It shows data that are elsewhere: it needs no engine, no sample data, no import of files, no models, and nothing for times without a network. */
const LEFT_OUT = /^(data|import[.-].*|ort-.*|transformer.*|.*\.map|.*\.wasm|service-worker\.js|workbox-.*\.js)$/;

function shipConsole() {
  const from = path.join(ROOT, "www/dist");
  const to = path.join(ROOT, SHIPPED_CONSOLE);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((file) => !LEFT_OUT.test(file))) {
    copyFileSync(path.join(from, name), path.join(to, name));
  }
  return Promise.resolve();
}

/** All of it, in order. */
export async function build() {
  const started = Date.now();
  await ensureNpm();
  await buildWasm(await ensureWasmTarget());
  await buildPackage();
  await buildConsole();
  say(`build: done in ${duration(Date.now() - started)}`);
}

if (isMain(import.meta.url)) {
  await build();
}
