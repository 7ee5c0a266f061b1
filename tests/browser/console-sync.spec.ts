/** The console's sync view, with a real Chroma server that allows the page, behind a door that can be closed. */

import { type Collection, ChromaClient as OfficialClient } from "chromadb";
import type { Locator, Page } from "@playwright/test";

import { withChroma } from "../../scripts/conformance/server.mjs";
import { expect, test as base } from "./fixtures";
import { expectAccessible, place, screenshot } from "./support/console-page";
import { Gate } from "./support/gate";
import { encrypt, encrypted, unlock } from "./support/moving";

interface Remote {
  /** The collection of the test, as a program has it that knows nothing of links. */
  collection: Collection;
  name: string;
  gate: Gate;
}

const test = base.extend<{ remote: Remote }, { chroma: number }>({
  chroma: [
    async ({ server }, use) => {
      await withChroma((_url, port) => use(port), { origins: [server.url] });
    },
    { scope: "worker", timeout: 120_000 },
  ],

  remote: async ({ chroma, consoleErrors, profile }, use) => {
    const name = `notes-${crypto.randomUUID().slice(0, 8)}`;
    const client = new OfficialClient({ host: "127.0.0.1", port: chroma });
    const collection = await client.createCollection({ name, embeddingFunction: null });
    await collection.add({ ids: ["one", "two"], embeddings: [[1, 2, 3], [4, 5, 6]], documents: ["the first text", "the second text"], metadatas: [{ n: 1 }, { n: 2 }] });
    const gate = new Gate(chroma);
    await gate.open();
    // Browsers note refusals, though they are no faults: a link looks for the collection beside that of its records, which it then makes, and asks for a
    // count of operations, which only some servers have.
    consoleErrors.expect(/status of 404 .*\/collections\//);
    consoleErrors.expect(/status of 500 .*\/indexing_status/);
    await use({ collection, name, gate });
    // The page first: it would still ask.
    await profile.close();
    await gate.close();
  },
});

test.setTimeout(120_000);

const dialog = (page: Page): Locator => page.getByRole("dialog");
const card = (page: Page, name: string): Locator => page.getByRole("article", { name, exact: true });
const badge = (page: Page, name: string): Locator => card(page, name).locator(".state-badge");
const button = (within: Locator, name: string | RegExp): Locator => within.getByRole("button", { name });

async function openView(page: Page): Promise<void> {
  await place(page, "Sync").click();
  await expect(page.getByRole("heading", { level: 1, name: "Sync" })).toBeVisible();
}

/** Enters a link to the collection of the test, which is made here. */
async function enterLink(page: Page, { name, gate }: Remote): Promise<void> {
  await button(page.locator("main"), "Add link").click();
  await dialog(page).getByLabel("Collection here").selectOption("");
  await dialog(page).getByLabel("Name of the new collection").fill(name);
  await dialog(page).getByLabel("Host").fill(`http://127.0.0.1:${String(gate.port)}`);
  await expect(dialog(page).getByLabel("Port")).toHaveValue(String(gate.port));
  await expect(dialog(page).getByLabel("Host")).toHaveValue("127.0.0.1");
}

async function addLink(page: Page, remote: Remote, interval = "Every 15 seconds"): Promise<void> {
  await openView(page);
  await enterLink(page, remote);
  await dialog(page).getByLabel("Look for changes").selectOption(interval);
  await button(dialog(page), "Add link").click();
  await expect(dialog(page)).toHaveCount(0);
  await expect(badge(page, remote.name)).toHaveText("In sync");
}

/** Writes to the local collection by a client of its own. */
async function write(page: Page, name: string, record: { id: string; document: string; n: number }): Promise<void> {
  await page.evaluate(
    async ([collectionName, { id, document, n }]) => {
      const { chromatid } = window as unknown as { chromatid: { open: () => Promise<OfficialClient> } };
      const client = await chromatid.open();
      const collection = await client.getCollection({ name: collectionName });
      await collection.upsert({ ids: [id], embeddings: [[n, 1, 1]], documents: [document], metadatas: [{ n }] });
      await (client as unknown as { close: () => Promise<void> }).close();
    },
    [name, record] as const,
  );
}

async function remoteDocument({ collection }: Remote, id: string): Promise<string | null | undefined> {
  return (await collection.get({ ids: [id] })).documents[0];
}

async function sync(page: Page, name: string, label = "Sync now"): Promise<void> {
  await button(card(page, name), label).click();
  await expect(card(page, name).getByText(label === "Sync now" ? "Synchronised" : "Everything was compared", { exact: true })).toBeVisible();
}

test("records of a remote collection come here, edits go there, and all goes on after a reload", async ({ consolePage: page, remote }, info) => {
  const { name, collection } = remote;
  await addLink(page, remote);
  await screenshot(page, info, "linked");
  await card(page, name).getByRole("link", { name }).click();
  await expect(page.getByRole("row").filter({ hasText: "the second text" })).toBeVisible();

  await write(page, name, { id: "three", document: "written here", n: 3 });
  await expect.poll(() => remoteDocument(remote, "three")).toBe("written here");
  await openView(page);
  await expect(card(page, name).getByTestId("pending")).toHaveText("0");

  await page.reload();
  await expect(badge(page, name)).toHaveText("In sync");
  await expect(card(page, name).getByText("just now")).toBeVisible();
  await collection.add({ ids: ["four"], embeddings: [[7, 8, 9]], documents: ["written there"] });
  await sync(page, name, "Compare everything");
  await card(page, name).getByRole("link", { name }).click();
  await expect(page.getByRole("row").filter({ hasText: "written there" })).toBeVisible();
});

test("a remote that cannot be reached: what to do is said, edits wait, and arrive later", async ({ consolePage: page, remote, consoleErrors, server }, info) => {
  consoleErrors.expect(/net::ERR_/);
  const { name, gate } = remote;
  await openView(page);
  await gate.close();
  await enterLink(page, remote);
  await button(dialog(page), "Add link").click();
  await expect(dialog(page).getByRole("alert")).toContainText("The remote cannot be reached");
  await expect(dialog(page).getByText(`cors_allow_origins: ["${server.url}"]`)).toBeVisible();
  await screenshot(page, info, "dialog-unreachable");
  await expectAccessible(page, "a dialog that did not succeed");
  await gate.open();
  await button(dialog(page), "Add link").click();
  await expect(badge(page, name)).toHaveText("In sync");

  await gate.close();
  await write(page, name, { id: "three", document: "written meanwhile", n: 3 });
  await button(card(page, name), "Sync now").click();
  await expect(badge(page, name)).toHaveText("Waiting for the remote");
  await expect(card(page, name).getByTestId("pending")).toHaveText("1");
  await expect(card(page, name).getByRole("alert")).toContainText("It is tried again by itself, and edits made here wait.");
  await expect(card(page, name).getByText("cors_allow_origins")).toBeVisible();
  await expectAccessible(page, "a link that waits");
  await screenshot(page, info, "unreachable");
  await gate.open();
  await sync(page, name);
  await expect(badge(page, name)).toHaveText("In sync");
  await expect(card(page, name).getByRole("alert")).toHaveCount(0);
  expect(await remoteDocument(remote, "three")).toBe("written meanwhile");
});

test("a collection stays linked when everything is encrypted, once its server has all edits", async ({ consolePage: page, remote, consoleErrors }) => {
  consoleErrors.expect(/net::ERR_/);
  const { name, gate, collection } = remote;
  await addLink(page, remote);
  await gate.close();
  await write(page, name, { id: "three", document: "written meanwhile", n: 3 });
  await expect(card(page, name).getByTestId("pending")).toHaveText("1");
  await encrypt(page);
  await expect(page.getByRole("alert")).toContainText(`1 edit in “${name}” has not been sent to its server yet. Nothing was changed.`, { timeout: 30_000 });
  await gate.open();
  await openView(page);
  await sync(page, name);
  await button(card(page, name), "Pause").click();
  await expect(badge(page, name)).toHaveText("Paused");

  await encrypt(page);
  await expect(encrypted(page)).toBeVisible({ timeout: 30_000 });
  await openView(page);
  await expect(badge(page, name)).toHaveText("Paused");
  await page.reload();
  await unlock(page);
  await expect(badge(page, name)).toHaveText("Paused");
  await button(card(page, name), "Resume").click();
  await expect(badge(page, name)).toHaveText("In sync");
  await write(page, name, { id: "four", document: "written encrypted", n: 4 });
  await expect.poll(() => remoteDocument(remote, "four")).toBe("written encrypted");
  await collection.delete({ ids: ["one"] });
  await sync(page, name, "Compare everything");
  await card(page, name).getByRole("link", { name }).click();
  await expect(page.getByRole("row").filter({ hasText: "written meanwhile" })).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "the first text" })).toHaveCount(0);
});

test("a server that does not allow the page says nothing to it: how it comes to is shown", async ({ consolePage: page, remote, consoleErrors, server }) => {
  consoleErrors.expect(/blocked by CORS policy|net::ERR_FAILED/);
  await openView(page);
  await enterLink(page, remote);
  // The page's own server, by another name: it runs, and is of another origin.
  await dialog(page).getByLabel("Host").fill(server.url.replace("127.0.0.1", "localhost"));
  await button(dialog(page), "Add link").click();
  await expect(dialog(page).getByRole("alert")).toContainText("The remote cannot be reached");
  await expect(dialog(page).getByText(`cors_allow_origins: ["${server.url}"]`)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: "No links yet" })).toBeVisible();
});

test("a version that lost a conflict is in the journal, and is restored", async ({ consolePage: page, remote }, info) => {
  const { name, collection } = remote;
  await addLink(page, remote);
  await button(card(page, name), "Pause").click();
  await expect(badge(page, name)).toHaveText("Paused");
  await write(page, name, { id: "one", document: "edited here", n: 10 });
  await collection.update({ ids: ["one"], embeddings: [[3, 2, 1]], documents: ["edited there"], metadatas: [{ n: 11 }] });
  await expect(card(page, name).getByTestId("pending")).toHaveText("1");
  await button(card(page, name), "Resume").click();
  await expect(card(page, name).getByText("Conflict journal: 1")).toBeVisible();
  await sync(page, name);
  await card(page, name).getByText("Conflict journal: 1").click();
  const lost = card(page, name).getByRole("article", { name: /^Version of one/ });
  const text = await lost.innerText();
  const isOurs = text.includes("edited here");
  await expect(lost).toContainText(isOurs ? "The version of this browser was not kept" : "The version of the remote was not kept");
  await expect(lost).toContainText(isOurs ? "n 10" : "n 11");
  await expectAccessible(page, "the journal");
  await screenshot(page, info, "journal");
  await button(lost, "Restore this version of one").click();
  await expect(card(page, name).getByText("Conflict journal: empty")).toBeFocused();
  await expect.poll(() => remoteDocument(remote, "one")).toBe(isOurs ? "edited here" : "edited there");
});

test("a pause lasts beyond a reload, and a link that ends leaves its records", async ({ consolePage: page, remote }) => {
  const { name, collection } = remote;
  await addLink(page, remote);
  await button(card(page, name), "Pause").click();
  await expect(badge(page, name)).toHaveText("Paused");
  await page.reload();
  await expect(badge(page, name)).toHaveText("Paused");
  await button(card(page, name), "Resume").click();
  await expect(badge(page, name)).toHaveText("In sync");
  await button(card(page, name), "Unlink").click();
  await button(page.getByRole("alertdialog"), "Unlink").click();
  await expect(page.getByRole("heading", { name: "No links yet" })).toBeVisible();
  await place(page, "Collections").click();
  await expect(page.getByRole("article", { name })).toContainText("2");
  expect(await collection.count()).toBe(2);
});

test("a link with a token waits for it after a reload", async ({ consolePage: page, remote }, info) => {
  const { name } = remote;
  await openView(page);
  await enterLink(page, remote);
  await dialog(page).getByLabel("Token (optional)").fill("secret");
  await button(dialog(page), "Add link").click();
  await expect(badge(page, name)).toHaveText("In sync");
  await page.reload();
  await expect(badge(page, name)).toHaveText("Waits for its token");
  await expectAccessible(page, "a link that waits for its token");
  await screenshot(page, info, "token");
  await card(page, name).getByLabel("Token", { exact: true }).fill("secret");
  await page.keyboard.press("Enter");
  await expect(badge(page, name)).toHaveText("In sync");
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(kept).not.toContain("secret");
});

test("a remote collection that was made anew waits for a decision", async ({ consolePage: page, remote, chroma }, info) => {
  const { name } = remote;
  await addLink(page, remote);
  const client = new OfficialClient({ host: "127.0.0.1", port: chroma });
  await client.deleteCollection({ name });
  const anew = await client.createCollection({ name, embeddingFunction: null });
  await anew.add({ ids: ["new"], embeddings: [[1, 2, 3]], documents: ["another text"] });
  await button(card(page, name), "Sync now").click();
  await expect(badge(page, name)).not.toHaveText("In sync");
  await button(card(page, name), "Sync now").click();
  await expect(badge(page, name)).toHaveText("Needs a decision");
  const choices = card(page, name).getByRole("list", { name: "Decide how to go on" });
  await expect(choices.getByRole("listitem")).toHaveCount(3);
  await expectAccessible(page, "a decision");
  await screenshot(page, info, "decision");
  await button(choices, "Keep both").click();
  await expect(badge(page, name)).toHaveText("In sync");
  await expect(choices).toHaveCount(0);
  await expect.poll(async () => (await anew.get()).ids.sort()).toEqual(["new", "one", "two"]);
});

test("a remote that has lost most of its records is asked about", async ({ consolePage: page, remote }, info) => {
  const { name, collection } = remote;
  const ids = Array.from({ length: 300 }, (_, n) => `id-${String(n)}`);
  await collection.add({ ids, embeddings: ids.map((_, n) => [n, 1, 2]), documents: ids });
  await addLink(page, remote);
  await collection.delete({ ids: ids.slice(0, 250) });
  await button(card(page, name), "Compare everything").click();
  await expect(badge(page, name)).toHaveText("Needs a decision");
  await expect(card(page, name).getByText("That did not succeed")).toBeVisible();
  await screenshot(page, info, "shrank");
  await button(card(page, name), "Write them again").click();
  await expect(badge(page, name)).toHaveText("In sync");
  expect(await collection.count()).toBe(302);
  await collection.delete({ ids: ids.slice(0, 250) });
  await button(card(page, name), "Compare everything").click();
  await button(card(page, name), "Delete them here too").click();
  await button(page.getByRole("alertdialog"), "Delete them here too").click();
  await expect(badge(page, name)).toHaveText("In sync");
  await expect(card(page, name).getByText("Conflict journal: 250")).toBeVisible();
  await card(page, name).getByText("Conflict journal: 250").click();
  await expect(card(page, name).getByRole("article")).toHaveCount(20);
  await button(card(page, name), "Show 20 more").click();
  await expect(card(page, name).getByRole("article")).toHaveCount(40);
});

test("records that the remote does not take are named, with what it says", async ({ consolePage: page, remote, consoleErrors }, info) => {
  consoleErrors.expect(/status of 501/);
  const { name } = remote;
  await addLink(page, remote);
  await page.evaluate(async (collectionName) => {
    const { chromatid } = window as unknown as { chromatid: { open: () => Promise<OfficialClient> } };
    const client = await chromatid.open();
    const collection = await client.getCollection({ name: collectionName });
    // A server of one node has no sparse vectors.
    await collection.add({ ids: ["sparse"], embeddings: [[1, 1, 1]], metadatas: [{ words: { indices: [1], values: [0.5] } }] });
    await (client as unknown as { close: () => Promise<void> }).close();
  }, name);
  const refused = card(page, name).getByText("1 record refused by the remote");
  await refused.click();
  await expect(card(page, name).getByRole("listitem").filter({ hasText: "sparse" })).toContainText("Sparse vector is not supported");
  await expect(badge(page, name)).toHaveText("In sync but for what was refused");
  await expectAccessible(page, "refused records");
  await screenshot(page, info, "refused");
});

test("two tabs have one link: one of them synchronises, and both show what is done", async ({ consolePage: page, context, remote }) => {
  const { name } = remote;
  // The second tab hears of it by the next round.
  await addLink(page, remote, "Every 5 seconds");
  const second = await context.newPage();
  await second.goto("/#/sync");
  await expect(badge(second, name)).toHaveText(/Another tab synchronises|In sync/);
  await sync(second, name);
  await button(card(second, name), "Pause").click();
  await expect(badge(page, name)).toHaveText("Paused");
  await button(card(page, name), "Resume").click();
  await expect(badge(second, name)).toHaveText(/Another tab synchronises|In sync/);
  await button(card(second, name), "Unlink").click();
  await button(second.getByRole("alertdialog"), "Unlink").click();
  await expect(page.getByRole("heading", { name: "No links yet" })).toBeVisible();
});

test("a link is added by keyboard alone", async ({ consolePage: page, remote: { name, gate } }) => {
  await openView(page);
  await button(page.locator("main"), "Add link").focus();
  await page.keyboard.press("Enter");
  const local = dialog(page).getByLabel("Collection here");
  await expect(local).toBeFocused();
  await page.keyboard.press("End");
  await page.keyboard.press("Tab");
  await expect(dialog(page).getByLabel("Name of the new collection")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog(page).getByText("Enter a name for the collection.")).toBeVisible();
  await expect(dialog(page).getByLabel("Name of the new collection")).toBeFocused();
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await expect(dialog(page).getByLabel("Host")).toBeFocused();
  await page.keyboard.type("127.0.0.1");
  await page.keyboard.press("Tab");
  await page.keyboard.type(String(gate.port));
  await page.keyboard.press("Enter");
  await expect(badge(page, name)).toHaveText("In sync");
  await expect(button(page.locator("main"), "Add link")).toBeFocused();
  await button(card(page, name), "Sync now").focus();
  await page.keyboard.press("Space");
  await expect(card(page, name).getByText("Synchronised", { exact: true })).toBeVisible();
  await expect(button(card(page, name), "Sync now")).toBeFocused();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1280, 375]) {
    test.describe(`${colorScheme}, ${String(width)} pixels wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 900 } });

      test("the sync view fits and can be used by everybody", async ({ consolePage: page, remote }, info) => {
        const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        await openView(page);
        await expectAccessible(page, "no links");
        await screenshot(page, info, "empty");
        await enterLink(page, remote);
        await dialog(page).getByLabel(/^Only records that match/).fill("{lang");
        await button(dialog(page), "Add link").click();
        await expect(dialog(page).getByText(/^This is no JSON/)).toBeVisible();
        await expectAccessible(page, "the dialog");
        await screenshot(page, info, "dialog-end");
        await dialog(page).getByLabel("Collection here").scrollIntoViewIfNeeded();
        await screenshot(page, info, "dialog");
        expect(await overflow()).toBeLessThanOrEqual(0);
        await dialog(page).getByLabel(/^Only records that match/).fill("");
        await button(dialog(page), "Add link").click();
        await expect(badge(page, remote.name)).toHaveText("In sync");
        await expectAccessible(page, "a link");
        await screenshot(page, info, "linked");
        expect(await overflow()).toBeLessThanOrEqual(0);
        // Between a telephone and a desk the places have the least room.
        await page.setViewportSize({ width: 768, height: 900 });
        expect(await overflow()).toBeLessThanOrEqual(0);
      });
    });
  }
}
