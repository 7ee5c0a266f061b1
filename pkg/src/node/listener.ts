/** A handler behind Node's own HTTP server, without the detour over the Fetch API's objects. */

import type { IncomingMessage, ServerResponse } from "node:http";

import type { Handler } from "../server/handler.js";
import { joined } from "../bytes.js";
import { type HttpReply, type HttpRequest, LATE_MS, TooLargeError } from "../server/http.js";

const SHORT_BYTES = 64 * 1024;

/** A listener for `http.createServer`. */
export function nodeListener(handler: Handler): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    handler.answer(requestOf(incoming, outgoing)).then(
      (reply) => {
        send(incoming, outgoing, reply);
      },
      () => {
        outgoing.destroy();
      },
    );
  };
}

function requestOf(incoming: IncomingMessage, outgoing: ServerResponse): HttpRequest {
  const { headers } = incoming;
  const get = (name: string): string | null => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(", ") : (value ?? null);
  };
  return {
    method: incoming.method ?? "GET",
    url: incoming.url ?? "/",
    headers: { get },
    // Made for the few that wait.
    get signal() {
      const gone = new AbortController();
      outgoing.once("close", () => gone.abort());
      return gone.signal;
    },
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

/** Whether a body is so short that Node had better read what is left of it than give the connection up. */
function isShort({ headers }: IncomingMessage): boolean {
  return Number(headers["content-length"] ?? Number.NaN) <= SHORT_BYTES;
}

function send(incoming: IncomingMessage, outgoing: ServerResponse, { status, headers, body }: HttpReply): void {
  const answer = body ?? "";
  if (incoming.complete || isShort(incoming)) {
    outgoing.writeHead(status, headers);
    outgoing.end(answer);
    return;
  }
  // Nobody needs the rest of a body that was refused.
  outgoing.writeHead(status, { "content-length": Buffer.byteLength(answer), ...headers, connection: "close" });
  outgoing.flushHeaders();
  outgoing.write(answer);
  endLate(incoming, outgoing);
}

/** Who is cut off while still sending may never read the answer: for a while what comes is passed over. */
function endLate(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const timer = setTimeout(end, LATE_MS);
  incoming.once("close", end).once("end", end).resume();

  function end(): void {
    clearTimeout(timer);
    outgoing.end();
  }
}
