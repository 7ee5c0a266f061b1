/** The official client against a server that is a function: to compare errors with. */

import { ChromaClient } from "chromadb";

import { collectionJson } from "./engine.js";

/** Runs with `fetch` replaced by `respond`, which gets the path of the request. */
export async function withServer<T>(respond: (path: string) => Response, run: () => Promise<T>): Promise<T> {
  const { fetch } = globalThis;
  globalThis.fetch = (input) =>
    Promise.resolve(respond(new URL(input instanceof Request ? input.url : input).pathname));
  try {
    return await run();
  } finally {
    globalThis.fetch = fetch;
  }
}

/** Answers what the official client asks before it validates: batch size and collection. */
export function helpfulServer(path: string): Response {
  return Response.json(
    path.endsWith("/pre-flight-checks")
      ? { max_batch_size: 5, supports_base64_encoding: true }
      : path.endsWith("/collections")
        ? collectionJson
        : {},
  );
}

export function officialClient(): ChromaClient {
  return new ChromaClient({ host: "localhost", port: 1 });
}
