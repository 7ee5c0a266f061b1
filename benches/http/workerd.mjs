/** A Worker in workerd, whose script lies there, until it is told to end: `node workerd.mjs open|empty PORT DIRECTORY`. */

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Miniflare } from "miniflare";

import { inspectorPort, workerDirectory } from "./servers.mjs";

const [kind = "open", port = "0", data = ""] = process.argv.slice(2);

const SCRIPT = workerDirectory(kind);

if (kind === "empty") {
  mkdirSync(SCRIPT, { recursive: true });
  writeFileSync(path.join(SCRIPT, "worker.js"), "export class Store {}\nexport default { fetch: () => new Response('{}') };\n");
}
// The first module is the Worker itself.
const names = readdirSync(SCRIPT).sort((a, b) => Number(b === "worker.js") - Number(a === "worker.js"));
/** @type {import("../../tests/edge/support/bundle.mjs").Script["modules"]} */
const modules = names.map((name) => ({ type: name.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path: path.join(SCRIPT, name) }));
const miniflare = new Miniflare({
  cf: false,
  host: "127.0.0.1",
  port: Number(port),
  inspectorPort: inspectorPort(Number(port)),
  compatibilityDate: "2026-04-01",
  modulesRoot: SCRIPT,
  modules,
  durableObjects: { STORES: { className: "Store", useSQLite: true } },
  durableObjectsPersist: path.join(data, "objects"),
});
await miniflare.ready;
process.once("SIGTERM", () => {
  void miniflare.dispose().then(() => process.exit(0));
});
