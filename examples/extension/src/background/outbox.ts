/**
 * Pages that are to be kept. Each is noted before anything else happens and crossed out once it is kept, so that the end of the service worker in between, or
 * of the popup that asked for it, loses nothing: whoever runs next goes on.
 */

import type { PageContent } from "../messages";

/** Reading a page, then storing it; what failed is shown by the popup. */
export interface Task {
  tab: number;
  url: string;
  state: "reading" | "storing" | "failed";
  content?: PageContent;
  message?: string;
}

const PREFIX = "keep:";

export const isTask = (key: string): boolean => key.startsWith(PREFIX);

/** Notes that a tab's page is to be kept. The service worker hears of it, and is woken up if need be. */
export async function note(tab: number, url: string): Promise<string> {
  const key = `${PREFIX}${crypto.randomUUID()}`;
  await write(key, { tab, url, state: "reading" });
  return key;
}

export async function write(key: string, task: Task): Promise<void> {
  await chrome.storage.local.set({ [key]: task });
}

export async function cross(key: string): Promise<void> {
  await chrome.storage.local.remove(key);
}

export async function tasks(): Promise<[string, Task][]> {
  const all = await chrome.storage.local.get<Record<string, Task>>(null);
  return Object.entries(all).filter(([key]) => isTask(key));
}
