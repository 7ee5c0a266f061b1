/** Builds the stores that are compared with, into `target/bench-peers` and, for filters and texts, `target/bench-text-peers`. */

import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";

import { isMain, say, SetupError } from "../../scripts/lib/log.mjs";
import { ROOT, run } from "../../scripts/lib/run.mjs";
import { whenChanged } from "../../scripts/lib/stamp.mjs";
import { ensureWasmTarget } from "../../scripts/setup/wasm-target.mjs";

const OUT = "target/bench-peers";
const TEXTS = "target/bench-text-peers";
const TARGET = "target/bench-peers-cargo";

/**
 * @param {string[]} command
 * @param {Record<string, string>} [env]
 */
async function must(command, env) {
  const { code } = await run(command, { env });
  if (code !== 0) {
    throw new SetupError(`"${command.join(" ")}" failed`);
  }
}

const PACKAGES = ["benches/peers/package.json", "benches/peers/package-lock.json"];
const SETTINGS = ["benches/bundle.mjs", "package-lock.json", "benches/peers/peers.mjs", "benches/peers/webpack.config.js", ...PACKAGES];

export async function buildPeers() {
  const inputs = [...SETTINGS, ...["stores", "scan/src", "scan/Cargo.toml"].map((part) => `benches/peers/${part}`)];
  const made = await whenChanged("bench-peers", OUT, inputs, async () => {
    await bundle("vectors");
    await buildScan();
  });
  say(`peers: ${OUT} is ${made ? "built" : "up to date"}`);
}

export async function buildTextPeers() {
  const inputs = [...SETTINGS, "benches/peers/texts", "benches/peers/stores", "benches/browser/stems.js"];
  const made = await whenChanged("bench-text-peers", TEXTS, inputs, () => bundle("texts"));
  say(`peers: ${TEXTS} is ${made ? "built" : "up to date"}`);
}

/** @param {"vectors" | "texts"} name of the configuration */
async function bundle(name) {
  await whenChanged("bench-peers-packages", "benches/peers/node_modules", PACKAGES, () =>
    must(["npm", "ci", "--no-audit", "--no-fund", "--prefix", "benches/peers"]),
  );
  await must(["node_modules/.bin/webpack", "--config", "benches/peers/webpack.config.js", "--config-name", name]);
}

async function buildScan() {
  const flags = ["--release", "--target", "wasm32-unknown-unknown", "--target-dir", TARGET];
  await must(["cargo", "build", "--manifest-path", "benches/peers/scan/Cargo.toml", ...flags], await ensureWasmTarget());
  mkdirSync(path.join(ROOT, OUT), { recursive: true });
  const built = path.join(ROOT, TARGET, "wasm32-unknown-unknown/release/chromatid_bench_scan.wasm");
  copyFileSync(built, path.join(ROOT, OUT, "scan.wasm"));
}

if (isMain(import.meta.url)) {
  await buildPeers();
}
