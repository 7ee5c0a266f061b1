/** Chroma's HTTP API from files, in a program of one's own. */

import { NodeDirectory, serve } from "chromatid/node";
import { createHandler, tokens } from "chromatid/server";

const { CHROMA_PATH = "./chroma", PORT = "8000", TOKEN } = process.env;

const handler = createHandler({
  storage: new NodeDirectory(CHROMA_PATH),
  // Without a token it is for this machine alone.
  ...(TOKEN ? { authorize: tokens([{ token: TOKEN }]) } : { insecure: true }),
});
const server = await serve(handler, { host: TOKEN ? "0.0.0.0" : "127.0.0.1", port: Number(PORT) });
console.log(`chromatid serves ${server.url}/`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => void server.close());
}
