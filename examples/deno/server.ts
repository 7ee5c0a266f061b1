/** Chroma's HTTP API from files, under Deno. */

import { NodeDirectory } from "chromatid/node";
import { createHandler, tokens } from "chromatid/server";

const path = Deno.env.get("CHROMA_PATH") ?? "./chroma";
const port = Number(Deno.env.get("PORT") ?? "8000");
const token = Deno.env.get("TOKEN");

const handler = createHandler({
  storage: new NodeDirectory(path),
  // Without a token it is for this machine alone.
  ...(token ? { authorize: tokens([{ token }]) } : { insecure: true }),
});
await handler.ready();

const hostname = token ? "0.0.0.0" : "127.0.0.1";
const server = Deno.serve({ hostname, port, onListen: (at) => console.log(`chromatid serves http://${at.hostname}:${at.port}/`) }, handler);

async function end(): Promise<never> {
  await server.shutdown();
  await handler.close();
  Deno.exit(0);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => void end());
}
