/** The static server of the browser tests: the built console and bare pages, from one origin. */

import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import sirv from "sirv";

const ROOT = path.join(import.meta.dirname, "..", "..", "..");

/** Where each part of the tree appears; the first prefix that fits serves a request. */
const MOUNTS = [
  ["/pages/", "tests/browser/pages"],
  ["/pkg/", "pkg"],
  ["/conformance/", "target/wasm-conformance"],
  ["/cases/", "target/test-pages/tests/client"],
  ["/corpus/", "tests/conformance"],
  ["/bench/", "benches/browser"],
  ["/bench-data/", "target/bench-data"],
  ["/bench-stores/", "target/bench-stores"],
  ["/bench-peers/", "target/bench-peers"],
  ["/bench-text-peers/", "target/bench-text-peers"],
  ["/fixtures/", "tests/fixtures"],
  ["/examples/", "target/examples"],
  ["/guides/", "target/guides"],
  ["/", "www/dist"],
] as const;

export class StaticServer {
  readonly #listener: RequestListener;
  #server: Server;
  #port = 0;

  /**
   * `isolated`: pages are cross-origin isolated, and their clocks count in 5 µs rather than 100. `kept`: browsers may keep what they get, as long as
   * they ask whether it is still so; without that no page enters the back/forward cache.
   */
  constructor({ isolated = false, kept = false } = {}) {
    const setHeaders = (response: ServerResponse) => {
      if (kept) {
        response.setHeader("cache-control", "no-cache");
      }
      if (isolated) {
        response.setHeader("cross-origin-opener-policy", "same-origin");
        response.setHeader("cross-origin-embedder-policy", "require-corp");
      }
    };
    const mounts = MOUNTS.map(([prefix, directory]) => {
      // `dev` reads the directory at each request: a rebuild needs no new server, and nothing is cached.
      return { prefix, serve: sirv(path.join(ROOT, directory), { dev: true, setHeaders }) };
    });
    this.#listener = (request, response) => {
      const url = request.url ?? "/";
      const mount = mounts.find(({ prefix }) => url.startsWith(prefix));
      request.url = `/${url.slice(mount?.prefix.length)}`;
      mount?.serve(request, response, () => void response.writeHead(404).end(`${url} does not exist`));
    };
    this.#server = createServer(this.#listener);
  }

  /** `http://127.0.0.1:port`, without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens; after {@link stop}, on the same port as before, so that the origin stays the same. */
  async start(): Promise<void> {
    this.#server = createServer(this.#listener);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Refuses connections from now on and drops those that are open. */
  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
