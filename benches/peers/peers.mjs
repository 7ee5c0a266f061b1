/** The stores that are compared with, all in a dedicated worker; each has an adapter in `stores`. */

import { readFileSync } from "node:fs";
import path from "node:path";

const { dependencies } = /** @type {{ dependencies: Record<string, string> }} */ (
  JSON.parse(readFileSync(path.join(import.meta.dirname, "package.json"), "utf8"))
);

/** @param {string} dependency of package.json */
const version = (dependency) => dependencies[dependency] ?? "";

export const PEERS = [
  { name: "hnswlib", title: "hnswlib-wasm", version: version("hnswlib-wasm") },
  { name: "edgevec", title: "edgevec", version: version("edgevec") },
  { name: "voy", title: "voy-search", version: version("voy-search") },
  { name: "orama", title: "Orama", version: version("@orama/orama") },
  { name: "pglite", title: "PGlite + pgvector", version: version("@electric-sql/pglite") },
  { name: "sqlite-vec", title: "sqlite-vec", version: version("sqlite-vec-wasm") },
  { name: "sqliteai", title: "SQLite + sqlite-vector", version: version("@sqliteai/sqlite-wasm") },
  // Not a product: the floor under all of them.
  { name: "scan", title: "plain 8-bit SIMD scan", version: "" },
];

/** The same for filters and texts; their adapters are in `texts`. */
export const TEXT_PEERS = [
  { name: "sqlite", title: "SQLite FTS5", version: version("@sqlite.org/sqlite-wasm"), holds: "texts, metadata" },
  { name: "pglite", title: "PGlite", version: version("@electric-sql/pglite"), holds: "texts, metadata" },
  { name: "orama", title: "Orama", version: version("@orama/orama"), holds: "texts, metadata" },
  { name: "sqlite-vec", title: "sqlite-vec + FTS5", version: version("sqlite-vec-wasm"), holds: "texts, vectors" },
  { name: "minisearch", title: "MiniSearch", version: version("minisearch"), holds: "texts" },
  { name: "flexsearch", title: "FlexSearch", version: version("flexsearch"), holds: "texts" },
];
