/** The stores that are compared with, into `target/bench-peers` and, for filters and texts, `target/bench-text-peers`. */

import path from "node:path";

import { adapterBundle } from "../bundle.mjs";
import { PEERS, TEXT_PEERS } from "./peers.mjs";

const here = import.meta.dirname;
const packages = path.join(here, "node_modules");

// What stores name for Node and never reach in a browser.
/** @type {Record<string, false>} */
const fallback = { fs: false, path: false, crypto: false, os: false, util: false, url: false, module: false, perf_hooks: false };

/**
 * @param {{ name: string }[]} peers
 * @param {string} folder of their adapters
 */
const entries = (peers, folder) => Object.fromEntries(peers.map(({ name }) => [name, `./${folder}/${name}.js`]));

/** @type {import("webpack").Configuration[]} */
export default [
  {
    name: "vectors",
    ...adapterBundle({
      context: here,
      entry: entries(PEERS, "stores"),
      directory: "bench-peers",
      resolve: { modules: [packages], fallback },
    }),
  },
  {
    name: "texts",
    ...adapterBundle({
      context: here,
      entry: entries(TEXT_PEERS, "texts"),
      directory: "bench-text-peers",
      // Stemmer and stop words are those of the package.
      resolve: { modules: [packages, path.join(here, "../../node_modules")], fallback },
    }),
  },
];
