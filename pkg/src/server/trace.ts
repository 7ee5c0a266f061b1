/** Which trace a request belongs to (W3C Trace Context). */

import type { HttpRequest } from "./http.js";

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The headers that tell it: the request's own trace, or a new one. */
export function traceHeaders(request: HttpRequest): Record<string, string> {
  const parent = request.headers.get("traceparent");
  const trace = parent === null ? undefined : TRACEPARENT.exec(parent)?.[1];
  if (parent !== null && trace !== undefined) {
    return { traceparent: parent, "chroma-trace-id": trace };
  }
  return { "chroma-trace-id": crypto.randomUUID().replaceAll("-", "") };
}
