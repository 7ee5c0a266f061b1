import { ChromaClient as OfficialClient } from "chromadb";
import { withChroma } from "../../scripts/conformance/server.mjs";
import { expect, test } from "./fixtures";
import { place, ready } from "./support/console-page";
test.setTimeout(300_000);
test("adhoc", async ({ page, server, consoleErrors }) => {
  consoleErrors.expect(/./);
  await page.addInitScript(() => {
    const tasks: [number, number][] = [];
    (window as unknown as { tasks: [number, number][] }).tasks = tasks;
    new PerformanceObserver((list) => list.getEntries().forEach((e) => tasks.push([Math.round(e.startTime), Math.round(e.duration)]))).observe({ type: "longtask" });
  });
  await withChroma(async (_url: string, port: number) => {
    await page.goto("/");
    await ready(page);
    const tasks = () => page.evaluate(() => { const w = window as unknown as { tasks: [number, number][] }; const t = w.tasks.splice(0); return t.map(([, d]) => d); });
    console.log("import", await tasks());
    for (const width of [721, 768, 900, 1000, 1090, 360]) {
      await page.setViewportSize({ width, height: 700 });
      console.log(width, await page.evaluate(() => document.documentElement.scrollWidth - innerWidth));
      await page.screenshot({ path: `/tmp/head-${String(width)}.png`, clip: { x: 0, y: 0, width, height: width === 360 ? 700 : 200 } });
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await place(page, "Sync").click();
    await page.getByRole("button", { name: "Add link" }).click();
    const d = page.getByRole("dialog");
    await d.getByLabel("Collection here").selectOption("wordnet");
    await d.getByLabel("Host").fill("127.0.0.1");
    await d.getByLabel("Port").fill(String(port));
    await tasks();
    const start = Date.now();
    await d.getByRole("button", { name: "Add link" }).click();
    const bar = page.getByRole("progressbar");
    await expect(bar).toBeVisible();
    await page.waitForTimeout(1200);
    await page.screenshot({ path: "/tmp/progress.png" });
    console.log(await page.locator(".link-progress").innerText().catch(() => "gone"));
    const seen = new Set<string>();
    while ((await page.locator(".state-badge").innerText()) !== "In sync" && Date.now() - start < 120_000) { seen.add(await page.locator(".state-badge").innerText()); await page.waitForTimeout(100); }
    console.log("took", Date.now() - start, [...seen]);
    console.log("push", (await tasks()).sort((a, b) => b - a).slice(0, 30));
    console.log(await page.locator(".link-card").innerText());
    await page.waitForTimeout(6000);
    console.log("idle", await tasks());
    await page.getByRole("button", { name: "Compare everything" }).click();
    await page.getByText("Everything was compared").waitFor({ timeout: 60000 });
    console.log("compare", (await tasks()).sort((a, b) => b - a).slice(0, 30));
    const client = new OfficialClient({ host: "127.0.0.1", port });
    const c = await client.getCollection({ name: "wordnet" });
    console.log("there", await c.count());
  }, { origins: [server.url] });
});
