/** Fails a test on what a user would find in the developer tools. */

import type { BrowserContext, ConsoleMessage } from "@playwright/test";

export class ConsoleErrors {
  readonly #seen: string[] = [];
  readonly #expected: RegExp[] = [];

  /** Listens to every page and worker of `context`, those to come included. */
  watch(context: BrowserContext): void {
    context.on("console", (message) => this.#add(message));
    context.on("weberror", (error) => this.#seen.push(`uncaught: ${error.error().stack ?? error.error().message}`));
  }

  /** Errors that match are part of what the test is about. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Errors that were seen and not expected. */
  unexpected(): string[] {
    return this.#seen.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  #add(message: ConsoleMessage): void {
    if (message.type() === "error") {
      const { url, lineNumber } = message.location();
      this.#seen.push(`${message.text()} (${url}:${lineNumber + 1})`);
    }
  }
}
