/** Answers requests to Chroma's HTTP API, and may be reset. */

import { createHandler } from "chromatid/server";

/** The part of a service worker's scope that is used here. */
interface Scope {
  location: Location;
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(
    type: string,
    listener: (event: { request: Request; waitUntil(work: Promise<void>): void; respondWith(response: Promise<Response>): void }) => void,
  ): void;
}

const scope = globalThis as unknown as Scope;

const chroma = createHandler({ storage: "indexeddb", name: "steps", insecure: true, allowReset: true });

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
scope.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin === scope.location.origin && pathname.startsWith("/api/")) {
    event.respondWith(chroma(event.request));
  }
});
