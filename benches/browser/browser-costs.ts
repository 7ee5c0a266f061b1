/** What the renderer processes of a browser have used, as the system counts it. */

import { readFileSync } from "node:fs";

import type { Browser, CDPSession } from "@playwright/test";

export class BrowserCosts {
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async of(browser: Browser): Promise<BrowserCosts> {
    return new BrowserCosts(await browser.newBrowserCDPSession());
  }

  /** CPU time of all renderers since they started, in milliseconds. */
  async cpuMilliseconds(): Promise<number> {
    return (await this.#renderers()).reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
  }

  /** Memory of all renderers that is their own and no file's; `null` on systems without `/proc`. */
  async privateBytes(): Promise<number | null> {
    let bytes = 0;
    for (const { id } of await this.#renderers()) {
      const kilobytes = /RssAnon:\s+(\d+) kB/.exec(read(`/proc/${id}/status`))?.[1];
      if (kilobytes === undefined) {
        return null;
      }
      bytes += Number(kilobytes) * 1024;
    }
    return bytes;
  }

  async #renderers(): Promise<{ id: number; cpuTime: number }[]> {
    const { processInfo } = await this.#session.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer");
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
