/** The example of a service worker that answers Chroma's HTTP API: the official client, without a server. */

import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { buildExample } from "./support/example";

const PAGE = "/examples/service-worker/index.html";

test.beforeAll(() => buildExample("service-worker"));

async function keep(page: Page, note: string): Promise<void> {
  await page.getByLabel("Note").fill(note);
  await page.getByRole("button", { name: "Keep" }).click();
  await expect(page.getByLabel("Note")).toHaveValue("");
}

async function find(page: Page, text: string): Promise<void> {
  await page.getByLabel("Find").fill(text);
}

test("a page uses the official client at its own origin, and keeps what it stored without a network", async ({ page, server, profile, launch, consoleErrors }) => {
  // What the page asks the network for before it takes what was kept.
  consoleErrors.expect(/ERR_CONNECTION_REFUSED/);
  await page.goto(PAGE);
  await expect(page.getByRole("status")).toHaveText("0 notes");
  await keep(page, "a walk along the river");
  await keep(page, "bread with butter");
  await expect(page.getByRole("status")).toHaveText("2 notes");
  await find(page, "walking by a river");
  await expect(page.getByRole("listitem").first()).toHaveText("a walk along the river");

  await server.stop();
  try {
    await page.reload();
    await expect(page.getByRole("status")).toHaveText("2 notes");
    await keep(page, "written without a network");
    await expect(page.getByRole("status")).toHaveText("3 notes");

    await profile.kill();
    const [again] = (await launch()).pages();
    await again!.goto(PAGE);
    await expect(again!.getByRole("status")).toHaveText("3 notes");
    await find(again!, "network");
    await expect(again!.getByRole("listitem").first()).toHaveText("written without a network");
  } finally {
    await server.start();
  }
});

test("the service worker answers as a server does", async ({ page, consoleErrors }) => {
  consoleErrors.expect(/status of (400|404)/);
  await page.goto(PAGE);
  await expect(page.getByRole("status")).toHaveText("0 notes");
  const answers = await page.evaluate(async () => {
    const ask = async (path: string, init?: RequestInit) => {
      const response = await fetch(`/api/v2${path}`, init);
      return { status: response.status, text: await response.text(), version: response.headers.get("chromatid-version") };
    };
    const missing = await ask("/tenants/default_tenant/databases/default_database/collections/none");
    const unknown = await ask("/nope");
    const broken = await ask("/tenants", { method: "POST", body: "{", headers: { "content-type": "application/json" } });
    return [missing, unknown, broken];
  });
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 400]);
  expect(JSON.parse(answers[0]!.text)).toEqual({ error: "NotFoundError", message: "Collection [none] does not exist" });
  expect(answers[1]!.text).toBe("");
  expect(answers[2]!.version).toMatch(/^\d+\.\d+\.\d+$/);
});
