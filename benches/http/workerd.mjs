/** A Worker in workerd, until it is told to end: `node workerd.mjs open|empty PORT DIRECTORY`. */

import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Miniflare } from "miniflare";

import { ROOT } from "../../scripts/lib/run.mjs";
import { bundle } from "../../tests/edge/support/bundle.mjs";

const [kind = "open", port = "0", data = ""] = process.argv.slice(2);

/** Where its script lies, once it was bundled. */
const SCRIPT = path.join(ROOT, "target/bench-edge", kind);

/** @returns {Promise<import("../../tests/edge/support/bundle.mjs").Script>} */
async function script() {
  if (kind === "empty") {
    mkdirSync(SCRIPT, { recursive: true });
    writeFileSync(path.join(SCRIPT, "worker.js"), "export class Store {}\nexport default { fetch: () => new Response('{}') };\n");
  } else if (!existsSync(path.join(SCRIPT, "worker.js"))) {
    return bundle(`worker/${kind}.ts`, SCRIPT);
  }
  const files = readdirSync(SCRIPT).map((name) => path.join(SCRIPT, name));
  const modules = files.map((file) => ({ type: file.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path: file }));
  return /** @type {any} */ ({ directory: SCRIPT, modules });
}

const { directory, modules } = await script();
const miniflare = new Miniflare({
  cf: false,
  host: "127.0.0.1",
  port: Number(port),
  compatibilityDate: "2026-04-01",
  modulesRoot: directory,
  modules,
  durableObjects: { STORES: { className: "Store", useSQLite: true } },
  durableObjectsPersist: path.join(data, "objects"),
});
await miniflare.ready;
process.once("SIGTERM", () => {
  void miniflare.dispose().then(() => process.exit(0));
});
