/** Keeps the page, the engine and the data for the next visit without a network. A page that is not served as built has none. */
export function registerServiceWorker(): void {
  if (process.env.NODE_ENV !== "production" || !("serviceWorker" in navigator)) return;
  addEventListener("load", () => {
    navigator.serviceWorker.register("service-worker.js").catch((error: unknown) => {
      // The page works without it; only the next start needs a network then.
      console.warn("The page could not be kept for use without a network:", error);
    });
  });
}

/** Resolves when the page would load without a network; never where service workers are not available. */
export function offlineReady(): Promise<boolean> {
  if (!("serviceWorker" in navigator)) return Promise.resolve(false);
  return navigator.serviceWorker.ready.then(() => true);
}
