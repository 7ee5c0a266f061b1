/** Options that name a Chroma server, as in the official client. A client without them is local. */

import type { StoreOptions } from "./engine/store.js";
import { ChromaValueError } from "./errors.js";
import { unsendable } from "./headers.js";

/** Which server a client asks. One of them is enough; the others have the official client's defaults. */
export interface ServerOptions {
  /** Default `localhost`. */
  host?: string;
  /** Default 8000. */
  port?: number;
  /** Default false. */
  ssl?: boolean;
  /** The address as one URL, in place of `host`, `port` and `ssl`. */
  path?: string;
  /** As the official client still takes it: `{ tokenHeaderType: "X_CHROMA_TOKEN", credentials }`. Better: `headers`. */
  auth?: Record<string, string>;
  /** What else requests are made with. */
  fetchOptions?: RequestInit;
}

/** Where a server is, and how it is asked. */
export interface ServerPlace {
  /** Without a slash at its end. */
  url: string;
  headers: Record<string, string>;
  fetchOptions: RequestInit;
}

const SERVER = ["host", "port", "ssl", "path", "auth", "fetchOptions"] as const satisfies (keyof ServerOptions)[];

/** Every option of a local store. */
const STORE: Readonly<Record<keyof StoreOptions, true>> = {
  name: true,
  storage: true,
  durability: true,
  housekeeping: true,
  cacheBytes: true,
  allowReset: true,
  versions: true,
  quotas: true,
  encryption: true,
  worker: true,
};

const TOKEN = "x-chroma-token";

/** The server that options name; undefined if they name none. Throws when they ask for a local store as well. */
export function serverOf(args: ServerOptions & StoreOptions & { headers?: Record<string, string> }): ServerPlace | undefined {
  const given = (name: string): boolean => (args as Record<string, unknown>)[name] !== undefined;
  const [server, store] = [SERVER.filter(given), Object.keys(STORE).filter(given)];
  if (server.length === 0) {
    return undefined;
  }
  if (store.length > 0) {
    throw new ChromaValueError(
      `A client is local or one of a server: ${server.join(", ")} name a server, ${store.join(", ")} a local store. Remove one kind; a local collection is kept the same as one of a server by client.link()`,
    );
  }
  return { url: urlOf(args), headers: headersOf(args), fetchOptions: args.fetchOptions ?? {} };
}

function urlOf({ host = "localhost", port = 8000, ssl = false, path }: ServerOptions): string {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const address = path ?? `${ssl ? "https" : "http"}://${name}:${String(port)}`;
  try {
    const { protocol, origin, pathname } = new URL(address);
    if (protocol === "http:" || protocol === "https:") {
      return origin + pathname.replace(/\/+(api\/v2\/*)?$/, "");
    }
  } catch {
    // Told below.
  }
  throw new ChromaValueError(`${address} is no address of a server`);
}

function headersOf({ auth, headers = {} }: ServerOptions & { headers?: Record<string, string> }): Record<string, string> {
  const { tokenHeaderType, credentials } = auth ?? {};
  const isMeant = tokenHeaderType === "X_CHROMA_TOKEN" && credentials && !headers[TOKEN];
  const sent = isMeant ? { ...headers, [TOKEN]: credentials } : { ...headers };
  const problem = unsendable(sent);
  if (problem !== undefined) {
    throw new ChromaValueError(problem);
  }
  return sent;
}
