/** Requests and answers as the service sees them, whatever brings them: `fetch` events, Node's server. */

import { joined } from "../bytes.js";

export interface HttpRequest {
  method: string;
  /** With path and query; absolute or not. */
  url: string;
  headers: { get(name: string): string | null };
  /** Aborts when the sender has gone away, where that is known. */
  signal?: AbortSignal;
  /**
   * Reads the body.
   * @throws {TooLargeError} as soon as it is longer than `limit` bytes, whatever the request says of its length
   */
  read(limit: number): Promise<Uint8Array>;
}

export interface HttpReply {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array | string | null;
}

/** How long a body that is refused is taken in all the same, so that its sender reads why. */
export const LATE_MS = 2_000;

/** A body that is longer than it may be. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/**
 * Path and query of a request, as they stand in its URL. Nothing is resolved: whoever looks at paths before the handler (a proxy that lets some
 * through) has seen the same one, and Chroma knows no `..` either.
 */
export function targetOf(url: string): { path: string; query: string } {
  const [target = ""] = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").split("#", 1);
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  return { path: path === "" ? "/" : path, query: mark === -1 ? "" : target.slice(mark + 1) };
}

/** A request of the Fetch API. */
export function fromRequest(request: Request): HttpRequest {
  const { method, url, headers, signal } = request;
  return { method, url, headers, signal, read: (limit) => readStream(request, limit) };
}

/** The words beside a status (RFC 9110). Servers on a port add them by themselves, service workers do not, and clients put them into messages. */
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  204: "No Content",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  412: "Precondition Failed",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  507: "Insufficient Storage",
};

/** An answer of the Fetch API. */
export function toResponse({ status, headers, body }: HttpReply): Response {
  const statusText = STATUS_TEXTS[status] ?? "";
  return new Response(body as Uint8Array<ArrayBuffer> | string | null, { status, statusText, headers });
}

async function readStream(request: Request, limit: number): Promise<Uint8Array> {
  if (!request.body) {
    return new Uint8Array();
  }
  const reader = request.body.getReader();
  if (Number(request.headers.get("content-length") ?? Number.NaN) > limit) {
    await passOver(reader, 2 * limit);
    throw new TooLargeError();
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return joined(chunks, length);
    }
    length += value.byteLength;
    if (length > limit) {
      await passOver(reader, limit);
      throw new TooLargeError();
    }
    chunks.push(value);
  }
}

/** Who is cut off while still sending may never read the answer: for a while, and up to a size, what comes is passed over. */
async function passOver(reader: ReadableStreamDefaultReader<Uint8Array>, bytes: number): Promise<void> {
  let timer;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, LATE_MS);
  });
  try {
    for (let passed = 0; passed <= bytes; ) {
      const next = await Promise.race([reader.read(), late]);
      if (!next || next.done) {
        break;
      }
      passed += next.value.byteLength;
    }
    await reader.cancel();
  } finally {
    clearTimeout(timer);
  }
}
