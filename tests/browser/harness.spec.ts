/** The fixtures themselves: what every other browser test relies on. */

import { ConsoleErrors } from "./support/console-errors";
import { expect, goOffline, goOnline, killWorker, test } from "./fixtures";

declare global {
  interface Window {
    askWorker(milliseconds: number): Promise<number | "no answer">;
  }
}

/** Writes a file of the origin private file system, or reads it when no text is given. */
async function opfsFile(text?: string): Promise<string> {
  const directory = await navigator.storage.getDirectory();
  const handle = await directory.getFileHandle("note", { create: true });
  if (text !== undefined) {
    const writable = await handle.createWritable();
    await writable.write(text);
    await writable.close();
  }
  return (await handle.getFile()).text();
}

test("the server gives scripts and modules their types and unknown paths a 404", async ({ server }) => {
  const page = await fetch(`${server.url}/pages/blank.html`);
  expect(page.headers.get("content-type")).toContain("text/html");
  const script = await fetch(`${server.url}/pages/counter-worker.js`);
  expect(script.headers.get("content-type")).toContain("text/javascript");
  expect((await fetch(`${server.url}/pages/missing.html`)).status).toBe(404);
  expect((await fetch(`${server.url}/pages/../../package.json`)).status).toBe(404);
});

test("a reload keeps what the page stored", async ({ page }) => {
  await page.goto("/pages/blank.html");
  await page.evaluate(opfsFile, "kept");
  await page.reload();
  expect(await page.evaluate(opfsFile, undefined)).toBe("kept");
});

test("each test starts with an empty profile", async ({ page }) => {
  await page.goto("/pages/blank.html");
  expect(await page.evaluate(opfsFile, undefined)).toBe("");
});

test("a killed browser leaves its profile for the next", async ({ page, profile, launch }) => {
  await page.goto("/pages/blank.html");
  await page.evaluate(opfsFile, "kept");
  await profile.kill();
  const next = await (await launch()).newPage();
  await next.goto("/pages/blank.html");
  expect(await next.evaluate(opfsFile, undefined)).toBe("kept");
});

test("offline means that nothing is reached, and ends", async ({ page, context, server, consoleErrors }) => {
  consoleErrors.expect(/ERR_INTERNET_DISCONNECTED/);
  await page.goto("/pages/blank.html");
  const reach = () => fetch("/pages/blank.html").then(() => "reached", () => "not reached");
  await goOffline(context, server);
  expect(await page.evaluate(reach)).toBe("not reached");
  await expect(fetch(`${server.url}/pages/blank.html`)).rejects.toThrow();
  await goOnline(context, server);
  expect(await page.evaluate(reach)).toBe("reached");
});

test("a killed worker answers no more", async ({ page }) => {
  await page.goto("/pages/worker.html");
  expect(await page.evaluate(() => window.askWorker(10_000))).toBeGreaterThanOrEqual(0);
  await killWorker(page);
  expect(await page.evaluate(() => window.askWorker(300))).toBe("no answer");
});

test("errors on the console and uncaught ones are seen, expected ones pass", async ({ page, context, consoleErrors }) => {
  const errors = new ConsoleErrors();
  errors.watch(context);
  consoleErrors.expect(/on purpose/);
  await page.goto("/pages/blank.html");
  await page.evaluate(() => {
    console.log("fine");
    console.error("said on purpose");
    setTimeout(() => {
      throw new Error("thrown on purpose");
    });
  });
  await expect.poll(() => errors.unexpected().length).toBe(2);
  errors.expect(/said/);
  expect(errors.unexpected()).toEqual([expect.stringContaining("thrown on purpose")]);
});
