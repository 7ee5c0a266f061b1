/** Chroma's HTTP API from files, under Bun. */

import { NodeDirectory } from "chromatid/node";
import { createHandler, tokens } from "chromatid/server";

const { CHROMA_PATH = "./chroma", PORT = "8000", TOKEN } = process.env;

const handler = createHandler({
  storage: new NodeDirectory(CHROMA_PATH),
  // Without a token it is for this machine alone.
  ...(TOKEN ? { authorize: tokens([{ token: TOKEN }]) } : { insecure: true }),
});
await handler.ready();

const server = Bun.serve({ hostname: TOKEN ? "0.0.0.0" : "127.0.0.1", port: Number(PORT), idleTimeout: 75, fetch: handler });
console.log(`chromatid serves ${server.url.href}`);

async function end(): Promise<never> {
  await server.stop();
  await handler.close();
  process.exit(0);
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => void end());
}
