/** Options of the official clients that name a server. This one is local. */

import { ChromaValueError } from "./errors.js";

/** Refused when given: by the compiler, and at run time with the reason. */
export interface ServerOptions {
  host?: never;
  port?: never;
  ssl?: never;
  path?: never;
  auth?: never;
  fetchOptions?: never;
}

const NAMES = ["host", "port", "ssl", "path", "auth", "fetchOptions"] as const satisfies (keyof ServerOptions)[];

/** Throws when an option names a server: to ignore it would put the data where nobody expects it. */
export function refuseServerOptions(args: ServerOptions): void {
  const given = NAMES.filter((name) => (args as Record<string, unknown>)[name] !== undefined);
  if (given.length > 0) {
    throw new ChromaValueError(
      `This client is local: it keeps its data in this browser or process and is no client of a server. Remove ${given.join(", ")}, and link a collection with the server by client.link()`,
    );
  }
}
