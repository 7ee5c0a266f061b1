/** A server of this test process. */

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Without an answer the status is 404. */
export type Answer = string | Uint8Array | undefined;

/** Runs with a server at `url`, which answers every request by `respond`. */
export async function withHttpServer<T>(
  respond: (asked: Asked) => Answer,
  run: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { url: path = "", headers } = request;
      const answer = respond({ path, headers, body: Buffer.concat(chunks).toString() });
      const type = typeof answer === "string" ? "application/json" : "application/octet-stream";
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": type });
      response.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    // Clients keep connections open for the next request.
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
