/**
 * What a page that uses the package downloads, against size-budget.json. Each entry is bundled as a user would:
 * webpack, production mode, everything that it exports.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT } from "./lib/run.mjs";
import { build } from "./build.mjs";

const OUTPUT = path.join(ROOT, "target/size");
const PATTERNS = path.join(ROOT, "pkg/wasm/patterns.wasm");

/** @typedef {{ raw: number, gzip: number, brotli: number }} Sizes in bytes */

/** @param {Buffer} bytes */
function measure(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params }).length,
  };
}

/**
 * @param {string} name of the page, also the folder of its files
 * @param {string} entry of the package that it uses
 * @returns {Promise<import("webpack").StatsCompilation>}
 */
async function bundle(name, entry) {
  const { default: webpack } = await import("webpack");
  const user = path.join(OUTPUT, `${name}.js`);
  writeFileSync(user, `export * from "${entry}";\n`);
  const compiler = webpack({
    mode: "production",
    target: ["web", "es2022"],
    context: ROOT,
    entry: { [name]: user },
    experiments: { outputModule: true },
    output: { path: path.join(OUTPUT, name), library: { type: "module" }, module: true },
    performance: { hints: false },
  });
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      compiler.close(() => undefined);
      if (error || !stats || stats.hasErrors()) {
        reject(error ?? new SetupError(stats?.toString("errors-only") ?? "webpack gave no result"));
      } else {
        resolve(stats.toJson({ all: false, chunks: true, assets: true }));
      }
    });
  });
}

/**
 * Which part a file of the bundle belongs to: the module, what the page runs, what its worker runs, and what
 * either loads only when needed.
 * @param {string} file
 * @param {import("webpack").StatsChunk | undefined} chunk
 */
function part(file, chunk) {
  if (file.endsWith(".wasm")) {
    // The module of regular expressions is loaded by the first filter that has one.
    return readFileSync(path.join(OUTPUT, "client", file)).equals(readFileSync(PATTERNS)) ? "patterns" : "engine";
  }
  if (!chunk?.entry) {
    return "lazy";
  }
  return chunk.names.includes("client") ? "client" : "worker";
}

/** @returns {Promise<Record<string, Sizes>>} */
async function measureParts() {
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  /** @type {Record<string, Sizes>} */
  const parts = {};
  const add = (/** @type {string} */ file, /** @type {string[]} */ names) => {
    const sizes = measure(readFileSync(path.join(OUTPUT, file)));
    for (const name of names) {
      const { raw, gzip, brotli } = parts[name] ?? { raw: 0, gzip: 0, brotli: 0 };
      parts[name] = { raw: raw + sizes.raw, gzip: gzip + sizes.gzip, brotli: brotli + sizes.brotli };
    }
  };
  const client = await bundle("client", "chromatid");
  for (const { name: file } of client.assets ?? []) {
    const chunk = client.chunks?.find(({ files }) => files.includes(file));
    const name = part(file, chunk);
    // What only filters with patterns load is not part of what every page does.
    add(path.join("client", file), name === "patterns" ? [name] : [name, "total"]);
  }
  // Not of the total: only who imports it loads it. The registry and the errors in it are there already beside the client.
  const bm25 = await bundle("bm25", "chromatid/bm25");
  for (const { name: file } of bm25.assets ?? []) {
    add(path.join("bm25", file), ["bm25"]);
  }
  // Likewise: the module, and what publishes and reads with it.
  const snapshots = await bundle("snapshots", "chromatid/snapshots");
  for (const { name: file } of snapshots.assets ?? []) {
    add(path.join("snapshots", file), ["snapshots"]);
  }
  return parts;
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`.padStart(11);
}

/**
 * Prints the table.
 * @returns {Promise<boolean>} whether every part is within its budget
 */
export async function size() {
  /** @type {{ brotliBytes: Record<string, number>, aimBytes: number }} */
  const budget = JSON.parse(readFileSync(path.join(ROOT, "size-budget.json"), "utf8"));
  const parts = await measureParts();
  say(`${"".padEnd(10)}${["raw", "gzip -9", "brotli 11", "budget"].map((title) => title.padStart(11)).join("")}`);
  let within = true;
  for (const [name, limit] of Object.entries(budget.brotliBytes)) {
    const { raw, gzip, brotli } = parts[name] ?? { raw: 0, gzip: 0, brotli: 0 };
    const verdict = brotli <= limit ? "" : "  over budget";
    within &&= brotli <= limit;
    say(`${name.padEnd(10)}${[raw, gzip, brotli, limit].map(kilobytes).join("")}${verdict}`);
  }
  const total = parts.total?.brotli ?? 0;
  say(`aim: ${kilobytes(budget.aimBytes).trim()} in all, ${total <= budget.aimBytes ? "reached" : "not yet reached"}`);
  return within;
}

if (isMain(import.meta.url)) {
  await build();
  process.exitCode = (await size()) ? 0 : 1;
}
