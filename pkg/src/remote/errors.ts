/** What a server answers instead of what was asked, as the engine's errors. */

import { EngineError } from "../engine/errors.js";

/** Name of the errors about what a server, or a client of one, does not have. */
export const NOT_IMPLEMENTED = "NotImplementedError";

/** Name of the errors about answers that no Chroma server gives. */
export const NOT_CHROMA = "NotChromaError";

/** Statuses of answers to requests that may succeed later as they are. */
const RETRYABLE = new Set([408, 429, 502, 503, 504]);

/** Characters that are shown of an answer that is no error of Chroma's. */
const SHOWN = 200;

/** What was asked, for messages. */
export interface Asked {
  url: string;
  method: string;
  path: string;
}

/** The error of an answer. */
export function errorOf(status: number, text: string, asked: Asked): EngineError {
  const body = readBody(text);
  if (!body && (status === 404 || status === 405)) {
    // Chroma says nothing about paths that it does not know; what it does not find it names.
    return text === "" ? unknownRoute(asked) : notChroma(asked, text, status);
  }
  const name = body?.error ?? "ChromaError";
  const message = body?.message ?? (text.slice(0, SHOWN) || `${asked.url} answered ${String(status)}`);
  return new EngineError({ name, message, code: status, retryable: RETRYABLE.has(status) });
}

/** An answer that is not what a Chroma server says there. */
export function notChroma({ url, method, path }: Asked, text: string, status = 200, cause?: unknown): EngineError {
  const message = `${url} does not answer ${method} ${path} as a Chroma server does (${String(status)}): ${text.slice(0, SHOWN)}`;
  return new EngineError({ name: NOT_CHROMA, message, code: 502, retryable: false }, { cause });
}

/** What a call asks for is not to be had. */
export function notImplemented(message: string): EngineError {
  return new EngineError({ name: NOT_IMPLEMENTED, message, code: 501, retryable: false });
}

function unknownRoute({ url, method, path }: Asked): EngineError {
  const route = path.replace(/\?.*/, "").replace(/.*\/collections\/[^/]+/, "…");
  return notImplemented(`${url} does not know ${method} ${route}: this kind or version of server does not have it`);
}

function readBody(text: string): { error?: string; message?: string } | undefined {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    const isError = typeof error === "string" || typeof message === "string";
    return isError ? { ...(typeof error === "string" && { error }), ...(typeof message === "string" && { message }) } : undefined;
  } catch {
    return undefined;
  }
}
