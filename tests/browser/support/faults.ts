/** What can go wrong around a page. */

import type { BrowserContext, Page, Worker } from "@playwright/test";

import type { StaticServer } from "./server";

/** The script of the engine's worker. */
export const WORKER_SCRIPT = "/pkg/dist/entry/worker.js";

/** Cuts the network: the browser believes to be offline, and the server refuses connections. */
export async function goOffline(context: BrowserContext, server: StaticServer): Promise<void> {
  await context.setOffline(true);
  await server.stop();
}

export async function goOnline(context: BrowserContext, server: StaticServer): Promise<void> {
  await server.start();
  await context.setOffline(false);
}

/** The one dedicated worker of `page`, waited for when it is still to start. */
export async function onlyWorker(page: Page): Promise<Worker> {
  const worker = page.workers()[0] ?? (await page.waitForEvent("worker"));
  const count = page.workers().length;
  if (count !== 1) {
    throw new Error(`the page has ${count} workers`);
  }
  return worker;
}

/** Ends the one dedicated worker of `page` in the middle of whatever it does: no handler of its own runs. */
export async function killWorker(page: Page): Promise<void> {
  const worker = await onlyWorker(page);
  const gone = worker.waitForEvent("close");
  // The evaluation ends with the worker, so its own result may never come.
  await Promise.race([gone, worker.evaluate(() => self.close()).then(() => gone, () => gone)]);
}

/**
 * Runs `change` before anything else in the pages of `target` and in the engine's worker: takes from both what another browser lacks, or makes it fail
 * as it fails there.
 */
export async function alter(target: BrowserContext | Page, change: () => void): Promise<void> {
  await target.addInitScript(change);
  await target.route(`**${WORKER_SCRIPT}`, async (route) => {
    const response = await route.fetch();
    // The modules that it imports are evaluated before it, but call nothing yet.
    await route.fulfill({ response, body: `(${String(change)})();\n${await response.text()}` });
  });
}
