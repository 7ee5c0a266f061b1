/** Keeps pages: reads them in their tabs and hands them to the store. */

import { ask } from "../ask";
import type { PageContent } from "../messages";
import { cross, note, type Task, tasks, write } from "./outbox";

/** Wakes a service worker that ended with work left; half a minute is the soonest that browsers grant. */
const ALARM = "keep";
const ALARM_MINUTES = 0.5;

const GOOD = "#0c6a5f";
const BAD = "#a8281c";

/** Under way in this service worker; another one begins anew. */
const busy = new Set<string>();

/** A command or a menu item: the user has chosen this tab, and may read its page. */
export async function keepTab(tab: chrome.tabs.Tab | undefined): Promise<void> {
  if (tab?.id !== undefined) {
    await note(tab.id, tab.url ?? "");
  }
}

/** Does all that is noted. */
export async function work(): Promise<void> {
  const open = (await tasks()).filter(([key, { state }]) => state !== "failed" && !busy.has(key));
  if (open.length > 0) {
    await chrome.alarms.create(ALARM, { periodInMinutes: ALARM_MINUTES });
    await Promise.all(open.map(([key, task]) => perform(key, task)));
  }
  if ((await tasks()).every(([, { state }]) => state === "failed")) {
    await chrome.alarms.clear(ALARM);
  }
}

async function perform(key: string, task: Task): Promise<void> {
  busy.add(key);
  try {
    await badge(task.tab, "…", GOOD);
    const content = task.content ?? (await read(task));
    await write(key, { ...task, state: "storing", content });
    await ask("keep", content);
    await cross(key);
    await badge(task.tab, "✓", GOOD);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await write(key, { tab: task.tab, url: task.url, state: "failed", message });
    await badge(task.tab, "!", BAD);
  } finally {
    busy.delete(key);
  }
}

async function read({ tab, url }: Task): Promise<PageContent> {
  let content: PageContent | undefined;
  try {
    await chrome.scripting.executeScript({ target: { tabId: tab }, files: ["extract.js"] });
    const [result] = await chrome.scripting.executeScript({ target: { tabId: tab }, func: () => globalThis.readForKeeping?.() });
    content = result?.result;
  } catch {
    throw new Error("The browser does not let extensions read this page.");
  }
  if (!content || (url !== "" && content.url !== url)) {
    throw new Error("The tab shows another page by now. Open the page and keep it again.");
  }
  return content;
}

/** Beside the icon, as long as the tab stays on its page. A tab may be gone by then. */
async function badge(tabId: number, text: string, color: string): Promise<void> {
  await Promise.all([
    chrome.action.setBadgeText({ tabId, text }),
    chrome.action.setBadgeBackgroundColor({ tabId, color }),
    chrome.action.setBadgeTextColor({ tabId, color: "#ffffff" }),
  ]).catch(() => undefined);
}
