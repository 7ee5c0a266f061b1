/** A server on a port. */

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import type { Handler } from "../server/handler.js";
import { nodeListener } from "./listener.js";
import { isCalledLocal } from "./names.js";

export interface ServeOptions {
  /** Default `localhost`. */
  host?: string;
  /** Default 8000; 0 for any that is free. */
  port?: number;
  /** Requests that call the server by another name than those of this machine (`localhost`, `127.0.0.1`) and these are refused. Default: any name. */
  names?: readonly string[];
}

/** A server that listens. */
export interface RunningServer {
  /** Where, for clients. */
  url: string;
  port: number;
  /** Takes no more requests, answers those under way, and closes the store. */
  close(): Promise<void>;
}

/** Longer than clients keep connections that they do not use: who sends on one that is being closed gets an error. */
const KEEP_ALIVE_MS = 75_000;

/** Serves a handler. Resolves when connections are taken. */
export async function serve(handler: Handler, { host = "localhost", port = 8000, names }: ServeOptions = {}): Promise<RunningServer> {
  // A store that cannot be opened is an error here, not of every request.
  await handler.ready();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, listenerOf(handler, names));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${name}:${String(address.port)}`, port: address.port, close: () => closeServer(server, handler) };
}

function listenerOf(handler: Handler, names: readonly string[] | undefined): RequestListener {
  const listener = nodeListener(handler);
  return (incoming, outgoing) => {
    if (names === undefined || isCalledLocal(incoming.headers.host, names)) {
      listener(incoming, outgoing);
      return;
    }
    const message = `This server is not called ${incoming.headers.host ?? "nothing"}: use localhost, or start it with --allow-host`;
    outgoing.writeHead(403, { "content-type": "application/json", connection: "close" });
    outgoing.end(JSON.stringify({ error: "ForbiddenError", message }));
  };
}

/** Takes no more connections, closes `store` once what is under way was answered, and then the connections that are kept alive. */
export async function closeServer(server: Server, store: { close(): Promise<void> }): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => {
    resolve();
  }));
  server.closeIdleConnections();
  await store.close();
  // All answers are on their way; connections that are kept alive are not waited for.
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    server.closeAllConnections();
  }, 1_000);
  await closed;
  clearTimeout(timer);
}
