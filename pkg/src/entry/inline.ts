/**
 * Entry point for bundlers that move modules of JavaScript alone (esbuild, Rollup): the engine's modules come as such, compressed, and so does
 * the script of its worker. All are imported when they are needed, so that they become files of their own where the bundler splits code.
 */

import { setConnector } from "../engine/connection.js";
import { connectionLost } from "../engine/errors.js";
import { givenConnector } from "../engine/given.js";
import { inflate } from "../inline/inflate.js";

const HINT = "have the bundler split code (`esbuild --splitting --format=esm`), or open stores with `worker: false`; see docs/PACKAGES.md";

setConnector(
  givenConnector(
    {
      engine: async () => inflate((await import("../inline/engine.js")).default),
      patterns: async () => inflate((await import("../inline/patterns.js")).default),
    },
    async () => {
      const { url } = await import("./slim-worker.js");
      // A script that is the page's own would run the page once more.
      if (url === undefined || url === import.meta.url || url.startsWith("file:")) {
        throw connectionLost(`the engine's worker is not in a file of its own: ${HINT}`);
      }
      return () => new Worker(url, { type: "module", name: "chromatid" });
    },
  ),
);

export * from "../index.js";
