/** The console on a place that is elsewhere, as `chromatid browse` serves it. */

import { expect, test } from "./fixtures";
import { expectAccessible, place, screenshot } from "./support/console-page";
import { CliProcess, createCollection, until, withServer, withStore } from "../client/support/cli";
import { withDirectory } from "../client/support/node-process";

const N = 250;

/** A store with records to look at. */
const fill = (directory: string) =>
  withStore(directory, async (api) => {
    const records = await createCollection(api, '{"name":"articles","metadata":{"about":"a test"}}');
    const numbers = Array.from({ length: N }, (_, n) => n);
    const body = {
      ids: numbers.map((n) => `article-${n}`),
      embeddings: numbers.map((n) => [Math.cos(n), Math.sin(n), n / N]),
      documents: numbers.map((n) => `An article about number ${n}`),
      metadatas: numbers.map((n) => ({ n, topic: ["sea", "hill", "town"][n % 3] })),
    };
    await api("POST", `${records}/add`, JSON.stringify(body));
  });

async function browse(target: string, run: (address: string) => Promise<void>): Promise<void> {
  const process = new CliProcess(["browse", target, "--no-open"]);
  await until(() => /#key=\S+\n/.test(process.stdout) || !process.isRunning);
  try {
    await run(/http:\S+#key=\S+/.exec(process.stdout)?.[0] ?? "");
  } finally {
    process.signal("SIGTERM");
    await process.ended;
  }
}

test("a directory is looked at, searched and changed, and the change is there", async ({ page }, info) => {
  await withDirectory(async (directory) => {
    await fill(directory);
    await browse(directory, async (address) => {
      await page.goto(address);
      await expect(page.getByRole("heading", { level: 1, name: "Collections" })).toBeVisible();
      await expect(page.getByText(directory, { exact: true })).toBeVisible();
      expect(page.url(), "the key does not stay in the address").not.toContain("key");
      await expect(page.getByText("250", { exact: true })).toBeVisible();
      await expectAccessible(page, "collections of a directory");
      await screenshot(page, info, "browse-collections");
      await expect(place(page, "Sync")).toHaveCount(0);
      await expect(place(page, "Storage")).toHaveCount(0);

      await place(page, "Query").click();
      await page.getByRole("button", { name: "Add a document condition" }).click();
      await page.getByRole("textbox", { name: "Value" }).fill("number 17");
      await page.getByRole("radio", { name: "None" }).focus();
      await page.keyboard.press("Space");
      await page.getByRole("button", { name: "Run" }).click();
      const found = page.getByRole("region", { name: "Table of results" }).locator("tbody tr");
      await expect(found.first()).toContainText("An article about number 17");
      await expectAccessible(page, "a query of a directory");

      await place(page, "Collections").click();
      await page.getByRole("link", { name: "articles" }).click();
      await expect(page.getByRole("button", { name: "Open article-0", exact: true })).toBeVisible();

      await page.getByRole("button", { name: "Open article-3", exact: true }).click();
      const dialog = page.getByRole("dialog", { name: "article-3" });
      await dialog.getByRole("button", { name: "Edit" }).click();
      await expect(dialog.getByText("The vector stays as it is")).toBeVisible();
      await dialog.getByRole("textbox", { name: "Document" }).fill("An article that was edited");
      const metadata = dialog.getByRole("textbox", { name: "Metadata as JSON" });
      await metadata.fill("{");
      await expect(dialog.getByText("This is not JSON.")).toBeVisible();
      await expect(dialog.getByRole("button", { name: "Save" })).toBeDisabled();
      await metadata.fill('{"n":3,"edited":true}');
      await expectAccessible(page, "a record that is edited");
      await screenshot(page, info, "browse-edit");
      await dialog.getByRole("button", { name: "Save" }).click();
      await expect(dialog.locator(".record-document")).toHaveText("An article that was edited");
      await page.keyboard.press("Escape");
      await expect(page.getByRole("row", { name: /article-3 / })).toContainText("edited true");

      await page.getByRole("button", { name: "Delete article-0", exact: true }).click();
      await page.getByRole("alertdialog").getByRole("button", { name: "Delete", exact: true }).click();
      await expect(page.getByRole("button", { name: "Open article-0", exact: true })).toHaveCount(0);

      await page.reload();
      await expect(page.getByRole("button", { name: "Open article-3", exact: true })).toBeVisible();
      // What it watches would be missed.
      await page.goto("about:blank");
    });
    await withStore(directory, async (api) => {
      const [{ id }] = JSON.parse(await api("GET", "/tenants/default_tenant/databases/default_database/collections")) as [{ id: string }];
      const records = `/tenants/default_tenant/databases/default_database/collections/${id}`;
      expect(Number(await api("GET", `${records}/count`))).toBe(N - 1);
      const edited = JSON.parse(await api("POST", `${records}/get`, '{"ids":["article-3"],"include":["documents","metadatas","embeddings"]}')) as object;
      const embeddings = [[Math.cos(3), Math.sin(3), 3 / N].map(Math.fround)].map((row) => row.map((x) => expect.closeTo(x, 6) as unknown));
      expect(edited).toMatchObject({ documents: ["An article that was edited"], metadatas: [{ n: 3, edited: true }], embeddings });
    });
  });
});

test("what others write to a server is seen", async ({ page }) => {
  await withDirectory(async (directory) => {
    await withServer(["--path", directory], async ({ url }) => {
      await browse(url, async (address) => {
        await page.goto(address);
        await expect(page.getByText(url, { exact: true })).toBeVisible();
        await fetch(`${url}/api/v2/tenants/default_tenant/databases/default_database/collections`, {
          method: "POST", headers: { "content-type": "application/json" }, body: '{"name":"from-outside"}',
        });
        await page.reload();
        await expect(page.getByRole("link", { name: "from-outside" })).toBeVisible();
      });
    });
  });
});

test("without the key the page says what to do", async ({ page, consoleErrors }) => {
  consoleErrors.expect(/status of 401/);
  await withDirectory(async (directory) => {
    await fill(directory);
    await browse(directory, async (address) => {
      await page.goto(new URL(address).origin, { waitUntil: "networkidle" });
      await expect(page.getByRole("alert")).toContainText("Nobody is let in without a key");
      await expect(page.getByRole("alert")).toContainText("Open the address that the terminal shows");
    });
  });
});
