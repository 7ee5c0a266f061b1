/** A server of this package in a process of its own: `node tests/clients/serve.mjs '<options>'`. Says its address, and ends with its input. */

import { createHandler, tokens } from "chromatid/server";

// Not part of the package's surface: a server on a port is what the tests want of it.
const { serve } = await import(new URL("../../pkg/dist/node/serve.js", import.meta.url).href);

const { port = 0, token, ...options } = JSON.parse(process.argv[2] ?? "{}");
const access = token === undefined ? { insecure: true } : { authorize: tokens([{ token }]) };
const server = await serve(createHandler({ storage: "memory", allowReset: true, ...access, ...options }), { host: "127.0.0.1", port });
console.log(JSON.stringify({ url: server.url, port: server.port }));

// Whoever started it may be killed: then its end of the pipe is closed too.
process.stdin.resume().on("end", () => {
  void server.close().then(() => process.exit(0));
});
