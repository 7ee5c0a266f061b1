/** Answers requests to Chroma's HTTP API, and keeps the page and itself for when there is no network. */

import { createHandler } from "chromatid/server";

const scope = globalThis as unknown as ServiceWorkerGlobalScope;
const CACHE = "page-1";
const PAGE = ["index.html", "page.js"];

const chroma = createHandler({ storage: "indexeddb", name: "example", insecure: true });

scope.addEventListener("install", (event) => {
  event.waitUntil(keepPage());
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(scope.clients.claim());
});

scope.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== scope.location.origin) {
    return;
  }
  event.respondWith(pathname.startsWith("/api/v2") ? chroma(event.request) : page(event.request));
});

async function keepPage(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(PAGE);
  await scope.skipWaiting();
}

/** From the network, and without one as it was last. */
async function page(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok && request.method === "GET") {
      await cache.put(request, response.clone());
    }
    return response;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) {
      return kept;
    }
    throw error;
  }
}
