/** The console as a test uses it. */

import { AxeBuilder } from "@axe-core/playwright";
import type { Locator, Page, TestInfo } from "@playwright/test";
import { expect } from "@playwright/test";

/** Importing 5,000 records on a busy machine takes its time. */
export const IMPORT_TIMEOUT = 90_000;

export const searchBox = (page: Page): Locator => page.getByRole("searchbox", { name: "Search the glosses" });
export const results = (page: Page): Locator => page.getByRole("grid", { name: "Results" }).getByRole("row");
export const titles = (page: Page): Locator => results(page).locator(".card-title");
export const place = (page: Page, name: string): Locator => page.getByRole("navigation", { name: "Places" }).getByRole("link", { name });

/** Waits until the glosses are stored and the search is offered. */
export async function ready(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { name: "Find a word by what it means" })).toBeVisible({ timeout: IMPORT_TIMEOUT });
}

export const map = (page: Page): Locator => page.getByRole("application", { name: "Map of 5,000 records" });

/** Opens the map of the glosses, laid out for good. */
export async function openMap(page: Page): Promise<void> {
  await place(page, "Map").click();
  await expect(map(page)).toHaveAttribute("data-drawn", "5000", { timeout: 60_000 });
  await expect(page.getByText(/^(Reading|Arranging)/)).toHaveCount(0, { timeout: 120_000 });
}

export async function search(page: Page, text: string, mode: "Meaning" | "Words" | "Both" = "Meaning"): Promise<void> {
  await page.getByRole("radiogroup", { name: "Search by" }).getByText(mode, { exact: true }).click();
  await searchBox(page).fill(text);
  await expect(page.getByTestId("result-count")).toBeVisible();
}

export async function screenshot(page: Page, info: TestInfo, name: string): Promise<void> {
  await page.screenshot({ path: info.outputPath(`${name}.png`) });
}

/** Fails on what keeps people with a disability from using the page. */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  // Colours on their way to others have no contrast that would last.
  await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== "running" || animation.effect?.getTiming().iterations === Infinity));
  // Otherwise it opens another page to put the findings of frames together, of which there are none.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  const grave = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
  expect(grave, `accessibility of ${where}`).toEqual([]);
}
