/** The API of the place that is shown, for its page. */

import { CliError } from "../errors.js";
import type { Transport } from "../rest/transport.js";

export interface ApiReply {
  status: number;
  text: string;
}

export type Api = (method: string, url: string, body: string) => Promise<ApiReply>;

/** Passes requests on; the token of a server is in its transport, and so on this side only. */
export function apiOf(transport: Transport): Api {
  return async (method, url, body) => {
    try {
      return await transport.send(method, url, body === "" ? undefined : body);
    } catch (error) {
      if (error instanceof CliError) {
        return { status: 502, text: JSON.stringify({ error: "ChromaError", message: error.message }) };
      }
      throw error;
    }
  };
}
