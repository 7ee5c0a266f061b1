let registered: Promise<unknown> | undefined;

/** Keeps the page, the engine and the data for the next visit without a network. Only the built page has a service worker. */
export function registerServiceWorker(): void {
  if (process.env.NODE_ENV !== "production" || !("serviceWorker" in navigator)) return;
  registered = pageLoaded().then(() => navigator.serviceWorker.register("service-worker.js"));
  // The page works without it; `offlineState` tells what happened.
  registered.catch(() => undefined);
}

/** After the page and its data: what is kept for later must not delay what is shown now. */
function pageLoaded(): Promise<void> {
  if (document.readyState === "complete") return Promise.resolve();
  return new Promise((resolve) => addEventListener("load", () => resolve(), { once: true }));
}

/** Whether the page would load without a network, in words; resolves when that is known. */
export async function offlineState(): Promise<string> {
  if (!registered) return "Not kept: this browser or address has no service workers";
  try {
    await registered;
    await navigator.serviceWorker.ready;
    return "Ready";
  } catch (error) {
    return `Not kept: ${error instanceof Error ? error.message : String(error)}`;
  }
}
