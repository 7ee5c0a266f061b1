/** A handler behind Node's own HTTP server, without the detour over the Fetch API's objects. */

import type { IncomingMessage, ServerResponse } from "node:http";

import type { Handler } from "../server/handler.js";
import { type HttpReply, type HttpRequest, joined, TooLargeError } from "../server/http.js";

/** A listener for `http.createServer`. */
export function nodeListener(handler: Handler): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    handler.answer(requestOf(incoming)).then(
      (reply) => {
        send(incoming, outgoing, reply);
      },
      () => {
        outgoing.destroy();
      },
    );
  };
}

function requestOf(incoming: IncomingMessage): HttpRequest {
  const { headers } = incoming;
  const get = (name: string): string | null => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : (value ?? null);
  };
  return {
    method: incoming.method ?? "GET",
    url: incoming.url ?? "/",
    headers: { get },
    read: (limit) => read(incoming, limit),
  };
}

function read(incoming: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (Number(incoming.headers["content-length"] ?? Number.NaN) > limit) {
      reject(new TooLargeError());
      return;
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    incoming.on("data", (chunk: Uint8Array) => {
      length += chunk.byteLength;
      if (length > limit) {
        reject(new TooLargeError());
      } else {
        chunks.push(chunk);
      }
    });
    incoming.on("end", () => {
      resolve(joined(chunks, length));
    });
    incoming.on("error", reject);
    incoming.on("aborted", () => {
      reject(new Error("the connection was closed before the body had come"));
    });
  });
}

function send(incoming: IncomingMessage, outgoing: ServerResponse, { status, headers, body }: HttpReply): void {
  if (!incoming.complete) {
    // What is left of a body that was not read would be taken for the next request.
    outgoing.setHeader("connection", "close");
  }
  outgoing.writeHead(status, headers);
  outgoing.end(body ?? undefined);
}
