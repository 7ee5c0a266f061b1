/** The corpus of `tests/conformance`, through the package in a page. */

import { readCases } from "../conformance/corpus.mjs";
import { expect, test } from "./fixtures";

declare global {
  interface Window {
    runScenario(area: string, name: string): Promise<(string | null)[]>;
  }
}

const cases = readCases();

for (const area of new Set(cases.map(([area]) => area))) {
  test(`the corpus holds: ${area}`, async ({ page }) => {
    await page.goto("/pages/corpus.html");
    await page.waitForFunction(() => "runScenario" in window);
    const differences: string[] = [];
    for (const [, name, { steps }] of cases.filter((one) => one[0] === area)) {
      const judged = await page.evaluate(([area, name]) => window.runScenario(area, name), [area, name] as const);
      expect(judged.length).toBe(steps.length);
      judged.forEach((difference, index) => {
        if (difference !== null) {
          differences.push(`≠ ${area}/${name}, step ${index + 1} (${steps[index]?.call} ${JSON.stringify(steps[index]?.body)})${difference}`);
        }
      });
    }
    expect(differences.join("\n")).toBe("");
  });
}
