/** Searches from the address bar. */

import { ask } from "../ask";
import type { FoundPage } from "../messages";
import { isWebPage, linkTo } from "../store/address";
import { markedRuns } from "../ui/marks";

const SUGGESTIONS = 6;
const TEXT_LENGTH = 120;

export async function suggest(text: string, show: (suggestions: chrome.omnibox.SuggestResult[]) => void): Promise<void> {
  const found = text.trim() === "" ? [] : await ask("search", { text, pages: SUGGESTIONS }).catch(() => []);
  await chrome.omnibox.setDefaultSuggestion({ description: found.length > 0 ? "Open the best of your kept pages for <match>%s</match>" : "No kept page for <match>%s</match>" });
  show(found.map((one) => ({ content: linkOf(one), description: describe(one) })));
}

/** A suggestion that was chosen, or what was typed: then the best page for it. */
export async function enter(text: string, disposition: `${chrome.omnibox.OnInputEnteredDisposition}`): Promise<void> {
  const best = isWebPage(text) ? undefined : (await ask("search", { text, pages: 1 }))[0];
  const url = best ? linkOf(best) : isWebPage(text) ? text : chrome.runtime.getURL(`options.html?q=${encodeURIComponent(text)}`);
  if (disposition === "currentTab") {
    await chrome.tabs.update({ url });
  } else {
    await chrome.tabs.create({ url, active: disposition === "newForegroundTab" });
  }
}

function linkOf({ page, passages }: FoundPage): string {
  return linkTo(page.url, passages[0]?.sentence ?? "");
}

/** A suggestion as the browser takes it: XML of three elements. */
function describe({ page, passages: [passage] }: FoundPage): string {
  const runs = markedRuns((passage?.sentence ?? "").slice(0, TEXT_LENGTH), passage?.marks ?? []);
  const sentence = runs.map(({ text, isMarked }) => (isMarked ? `<match>${escape(text)}</match>` : escape(text))).join("");
  return `${escape(page.title)} <dim>${sentence}</dim> <url>${escape(page.site)}</url>`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** Text as XML has it; characters that XML has none of are left out. */
export function escape(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "").replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
