/**
 * A browser as people have it: a page behind another is hidden, and can be frozen. Playwright's own browsers keep every page visible and focused.
 */

import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { type BrowserContext, chromium, type Page } from "@playwright/test";

import { makeProfileFolder, wholeChromium } from "./profile";

export interface PlainBrowser {
  context: BrowserContext;
  close(): Promise<void>;
}

/** @param preferences what the user has set, in the browser's own terms */
export async function launchPlain(preferences: object = {}): Promise<PlainBrowser> {
  const directory = await makeProfileFolder();
  await mkdir(path.join(directory, "Default"));
  await writeFile(path.join(directory, "Default", "Preferences"), JSON.stringify(preferences));
  const args = ["--headless=new", "--no-sandbox", "--no-first-run", "--remote-debugging-port=0", `--user-data-dir=${directory}`];
  const child = spawn(wholeChromium(), [...args, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  const endpoint = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.once("exit", () => reject(new Error(`Chromium ended: ${said}`)));
    child.stderr.on("data", (data: Buffer) => {
      said += data.toString();
      const [url] = /ws:\/\/\S+/.exec(said) ?? [];
      if (url) {
        resolve(url);
      }
    });
  });
  const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true });
  const [context] = browser.contexts();
  if (!context) {
    throw new Error("the browser has no context");
  }
  return {
    context,
    async close() {
      await browser.close();
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** Freezes a page that is hidden, with its workers, as a browser does to save memory; answers what lets it go on. */
export async function freeze(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  return async () => {
    await session.send("Page.setWebLifecycleState", { state: "active" });
  };
}
