/** Requests of pages of other origins: refused by their browsers unless they are let in here. */

import type { HttpReply, HttpRequest } from "./http.js";

export interface CorsOptions {
  /** Origins that are let in, as browsers name them: `https://example.com`; `"*"` for all. */
  origins: readonly string[] | "*";
  /** How long a browser remembers an answer, in seconds. Default 600. */
  maxAge?: number;
}

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

/** Headers of answers that pages may read. */
const EXPOSED = "chroma-trace-id, chromatid-write, chromatid-version, retry-after, traceparent";

/** The answer to a browser that asks beforehand; nothing if the request is not that. */
export function preflight(request: HttpRequest, cors: CorsOptions | undefined): HttpReply | undefined {
  const asked = request.headers.get("access-control-request-method");
  if (!cors || request.method !== "OPTIONS" || asked === null) {
    return undefined;
  }
  const headers: Record<string, string> = {
    vary: "origin, access-control-request-method, access-control-request-headers",
  };
  const allowed = allowedOrigin(request, cors);
  if (allowed !== undefined) {
    headers["access-control-allow-origin"] = allowed;
    headers["access-control-allow-methods"] = METHODS;
    // A `*` would not mean `authorization`: what is asked for is named.
    headers["access-control-allow-headers"] = request.headers.get("access-control-request-headers") ?? "*";
    headers["access-control-max-age"] = String(cors.maxAge ?? 600);
  }
  return { status: 200, headers, body: null };
}

/** The headers of an answer that the page may read. Credentials of browsers are not let in. */
export function sharing(request: HttpRequest, cors: CorsOptions | undefined): Record<string, string> {
  const allowed = cors && allowedOrigin(request, cors);
  return {
    ...(cors && { vary: "origin" }),
    ...(allowed !== undefined && { "access-control-allow-origin": allowed, "access-control-expose-headers": EXPOSED }),
  };
}

function allowedOrigin(request: HttpRequest, { origins }: CorsOptions): string | undefined {
  const origin = request.headers.get("origin");
  if (origin === null) {
    return undefined;
  }
  if (origins === "*") {
    return "*";
  }
  return origins.includes(origin) ? origin : undefined;
}
