/**
 * Builds and serves the console on this machine: `npm start`, or `npm start -- --no-build` for what is built already.
 * PORT chooses the port; without it the first free one from 8600 on.
 */

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

import { build } from "./build.mjs";
import { isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT } from "./lib/run.mjs";
import { ensureNpm } from "./setup/npm.mjs";

const HOST = "127.0.0.1";
const FIRST_PORT = 8600;
const PORTS_TRIED = 20;
const DIRECTORY = path.join(ROOT, "www/dist");

/** Names with a content hash never change; the page and its service worker are asked for each time. */
const HASHED = /\.[0-9a-f]{8}\.\w+$/;

/**
 * @param {import("node:http").Server} server
 * @param {number} port
 * @returns {Promise<boolean>} false when the port is taken
 */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === "EADDRINUSE") {
        resolve(false);
      } else {
        reject(error);
      }
    });
    server.listen(port, HOST, () => resolve(true));
  });
}

/** @param {import("node:http").RequestListener} listener */
async function serve(listener) {
  const chosen = process.env.PORT === undefined ? undefined : Number(process.env.PORT);
  const ports = chosen === undefined ? Array.from({ length: PORTS_TRIED }, (_, n) => FIRST_PORT + n) : [chosen];
  for (const port of ports) {
    if (await listen(createServer(listener), port)) {
      return port;
    }
    say(`start: port ${port} is taken`);
  }
  throw new SetupError("No free port: choose one with PORT=… npm start");
}

async function start() {
  if (process.argv.includes("--no-build")) {
    await ensureNpm();
    if (!existsSync(path.join(DIRECTORY, "index.html"))) {
      throw new SetupError("Nothing is built yet: run `npm start` or `npm run build` first.");
    }
  } else {
    await build();
  }
  // Only now is it sure to be installed.
  const { default: sirv } = await import("sirv");
  const files = sirv(DIRECTORY, {
    etag: true,
    setHeaders: (response, pathname) => {
      response.setHeader("cache-control", HASHED.test(pathname) ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  const port = await serve((request, response) => files(request, response, () => void response.writeHead(404).end("not found")));
  say(`\n  chromatid is at  http://${HOST}:${port}/\n\n  Ctrl+C ends it.`);
}

if (isMain(import.meta.url)) {
  await start();
}
