/** A page that runs every step of the official client at its own origin, once the service worker answers there. */

import { runNpmClient } from "../../../clients/npm/run.mjs";

await globalThis.navigator.serviceWorker.register("sw.js");
await globalThis.navigator.serviceWorker.ready;
if (!globalThis.navigator.serviceWorker.controller) {
  await new Promise((resolve) => globalThis.navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
}
Object.assign(globalThis, { runSteps: async () => [...(await runNpmClient(Number(globalThis.location.port)))] });
