/** Requests of the page: its files, its key, and the API. */

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

import type { Api } from "./api.js";
import type { Console } from "./console.js";
import type { Gate } from "./gate.js";

const KEY = "x-chroma-token";
const CODE = "x-chromatid-code";

/** Nothing comes from elsewhere, and no other page may put this one in a frame of its own. */
const HEADERS = {
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-cache",
};

const JSON_TYPE = "application/json";

/** Answers the page. */
export function browseListener(gate: Gate, pages: Console, api: Api): RequestListener {
  return (request, response) => {
    answer(request, gate, pages, api).then(
      ({ status, type, body }) => send(response, status, type, body),
      (error: unknown) => send(response, 500, JSON_TYPE, problem(error instanceof Error ? error.message : String(error))),
    );
  };
}

interface Reply {
  status: number;
  type: string;
  body: Buffer | string;
}

async function answer(request: IncomingMessage, gate: Gate, pages: Console, api: Api): Promise<Reply> {
  const { method = "GET", url = "/", headers } = request;
  const header = (name: string) => (typeof headers[name] === "string" ? headers[name] : undefined);
  if (!gate.isCalledRight(headers.host)) {
    return refusal(403, "This address is not the one that `chromatid browse` has printed");
  }
  if (url === "/session") {
    const key = method === "POST" ? gate.keyFor(header(CODE)) : undefined;
    return key === undefined ? refusal(401, UNKNOWN) : { status: 200, type: "text/plain", body: key };
  }
  if (url.startsWith("/api/")) {
    if (!gate.hasKey(header(KEY))) {
      return refusal(401, UNKNOWN);
    }
    const { status, text } = await api(method, url, await bodyOf(request));
    return { status, type: JSON_TYPE, body: text };
  }
  const file = method === "GET" || method === "HEAD" ? pages.file(url.replace(/\?.*/, "")) : undefined;
  return file ? { status: 200, type: file.type, body: file.bytes } : refusal(404, "There is no such page");
}

const UNKNOWN = "This page does not have the key of the present run: open the address that the terminal shows";

function refusal(status: number, message: string): Reply {
  return { status, type: JSON_TYPE, body: problem(message) };
}

function problem(message: string): string {
  return JSON.stringify({ error: "ChromaError", message });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, status: number, type: string, body: Buffer | string): void {
  response.writeHead(status, { ...HEADERS, "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}
