/** How much code a store makes a page load. */

import { brotliCompressSync } from "node:zlib";

import type { Page, Response } from "@playwright/test";

/** Not the store's: the page and its runner, the vectors. */
const OWN = ["/bench/", "/bench-data/"];

export class CodeSize {
  readonly #files = new Map<string, Promise<number | null>>();

  /** Counts what `page` and its workers load from now on, each file once. */
  watch(page: Page): void {
    page.context().on("response", (response) => {
      const { pathname } = new URL(response.url());
      if (!OWN.some((prefix) => pathname.startsWith(prefix)) && !this.#files.has(pathname)) {
        this.#files.set(pathname, compressed(response));
      }
    });
  }

  /** `null` when a file could not be read again. */
  async brotliBytes(): Promise<number | null> {
    const sizes = await Promise.all(this.#files.values());
    return sizes.reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0);
  }
}

async function compressed(response: Response): Promise<number | null> {
  try {
    return brotliCompressSync(await response.body()).length;
  } catch {
    // The browser keeps bodies as long as the page is open.
    return null;
  }
}
