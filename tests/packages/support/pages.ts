/** Pages in a browser with a profile on disk, and what they answer. */

import { test as base, expect, type Page } from "@playwright/test";

import { ConsoleErrors } from "../../browser/support/console-errors";
import { BrowserProfile } from "../../browser/support/profile";

export { expect };

declare global {
  interface Window {
    answer?: Promise<unknown>;
  }
}

/** A `page` whose profile is on disk, since that alone has the real OPFS; what it finds wrong fails the test. */
export const test = base.extend<{ consoleErrors: ConsoleErrors }>({
  consoleErrors: async ({}, use) => {
    const errors = new ConsoleErrors();
    await use(errors);
    expect(errors.unexpected(), "errors on the console").toEqual([]);
  },
  context: async ({ consoleErrors }, use) => {
    const profile = await BrowserProfile.create({});
    const context = await profile.launch();
    consoleErrors.watch(context);
    await use(context);
    await profile.remove();
  },
  page: async ({ context }, use) => {
    await use(context.pages()[0] ?? (await context.newPage()));
  },
});

/** What the program of a page comes to. */
export async function answerOf(page: Page, url: string): Promise<unknown> {
  await page.goto(url);
  await page.waitForFunction(() => window.answer !== undefined);
  return page.evaluate(() => window.answer);
}

/** What `applications/program.js` answers of a store that had so many records before. */
export const answered = (before: number, storage = "opfs", worker = true) => ({
  before,
  nearest: ["orange", "red"],
  matching: ["red", "orange"],
  storage,
  worker,
});
