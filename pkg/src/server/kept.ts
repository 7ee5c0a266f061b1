/**
 * Modules in a service worker, which answers its pages when there is no network: what it fetches itself no `fetch` event sees, so the package
 * keeps its modules in a cache of its own.
 */

import { loadBytes, readModule } from "../engine/module.js";

const CACHE = "chromatid";

/** The bytes of a module, wherever this runs. */
export async function loadModule(url: URL): Promise<BufferSource> {
  return isServiceWorker() ? (await kept(url)).arrayBuffer() : loadBytes(url);
}

/** A module in the form that compiles it fastest here. */
export async function moduleSource(url: URL): Promise<BufferSource | URL | Response> {
  return isServiceWorker() ? kept(url) : ((await readModule(url)) ?? url);
}

/** From the network, since a new version of the package may have the same name; without one as it was last. */
async function kept(url: URL): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(url);
    if (response.ok) {
      await cache.put(url, response.clone());
      return response;
    }
    throw new Error(`${url.href} answered ${String(response.status)}`);
  } catch (error) {
    const last = await cache.match(url);
    if (last) {
      return last;
    }
    throw error;
  }
}

function isServiceWorker(): boolean {
  const { ServiceWorkerGlobalScope: Scope } = globalThis as { ServiceWorkerGlobalScope?: new () => unknown };
  return Scope !== undefined && globalThis instanceof Scope;
}
