/** Ways to an HTTP API: of a server, or of a store that this process has opened. */

import type { Handler } from "../../server/handler.js";
import { CliError, errorCode } from "../errors.js";

export interface Answer {
  status: number;
  text: string;
}

/** Sends requests to one API. */
export interface Transport {
  /** What it is called in messages. */
  readonly place: string;
  /** `body` is JSON. */
  send(method: string, path: string, body?: string): Promise<Answer>;
  close(): Promise<void>;
}

/** A store of this process, without a network. */
export function localTransport(handler: Handler, place: string): Transport {
  const headers = new Headers({ "content-type": "application/json" });
  return {
    place,
    async send(method, url, body = "") {
      const read = () => Promise.resolve(new TextEncoder().encode(body));
      const reply = await handler.answer({ method, url, headers, read });
      const text = typeof reply.body === "string" ? reply.body : new TextDecoder().decode(reply.body ?? undefined);
      return { status: reply.status, text };
    },
    close: () => handler.close(),
  };
}

/** A server, of chromatid or of Chroma. */
export function remoteTransport(url: string, token?: string): Transport {
  const place = url.replace(/\/+(api\/v2\/*)?$/, "");
  const headers = { "content-type": "application/json", ...(token !== undefined && { "x-chroma-token": token }) };
  return {
    place,
    async send(method, path, body) {
      try {
        const response = await fetch(place + path, { method, headers, body });
        return { status: response.status, text: await response.text() };
      } catch (error) {
        throw new CliError(`${place} cannot be reached: ${reasonOf(error)}`, { cause: error });
      }
    },
    close: () => Promise.resolve(),
  };
}

function reasonOf(error: unknown): string {
  switch (errorCode(error)) {
    case "ECONNREFUSED":
      return "nothing answers there; start the server, or give another address";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the name of the host is not known";
    case "UND_ERR_SOCKET":
    case "ECONNRESET":
      return "the server closed the connection";
    default: {
      const { message, cause } = error as Error;
      return cause instanceof Error ? cause.message : message;
    }
  }
}
