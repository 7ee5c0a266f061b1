/** A static host with a strict content security policy. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import sirv from "sirv";

/** What a page under it may load and run: files of its origin, and WebAssembly. */
export const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/** The same with the scripts of a page that has them within itself, by their hashes. */
export function policyFor(page: string): string {
  const scripts = [...readFileSync(page, "utf8").matchAll(/<script>([^]*?)<\/script>/g)];
  const hashes = scripts.map(([, script = ""]) => ` 'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  return POLICY.replace("'wasm-unsafe-eval'", `'wasm-unsafe-eval'${hashes.join("")}`);
}

export interface Site {
  /** Directories by the paths that they are under; the first that fits serves a request. */
  mounts: [prefix: string, directory: string][];
  /** What `/` answers if no directory has it. */
  page?: string;
  policy?: string;
}

/** Serves a site for as long as `use` runs, which is given its address. */
export async function withSite<T>({ mounts, page = "", policy = POLICY }: Site, use: (url: string) => Promise<T>): Promise<T> {
  const headers = { "content-security-policy": policy };
  const setHeaders = (response: ServerResponse) => void response.setHeader("content-security-policy", policy);
  const handlers = mounts.map(([prefix, directory]) => ({ prefix, serve: sirv(path.resolve(directory), { dev: true, setHeaders }) }));
  const server: Server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? "/";
    if (url === "/" && page !== "") {
      response.writeHead(200, { ...headers, "content-type": "text/html" }).end(page);
      return;
    }
    const mount = handlers.find(({ prefix }) => url.startsWith(prefix));
    request.url = `/${url.slice(mount?.prefix.length)}`;
    const missing = () => void response.writeHead(url === "/favicon.ico" ? 204 : 404, headers).end();
    return mount ? mount.serve(request, response, missing) : missing();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A page that runs one script. */
export const pageOf = (script: string): string => `<!doctype html><html lang="en"><meta charset="utf-8"><title>colours</title>${script}`;
