/** Hears what the user asks for outside of the extension's pages. It holds nothing: it may end at any moment. */

import { ask } from "../ask";
import { keepTab, work } from "./keeping";
import { enter, suggest } from "./omnibox";
import { isTask } from "./outbox";

const MENU = "keep";

chrome.runtime.onInstalled.addListener(() => {
  chrome.contextMenus.removeAll(() => chrome.contextMenus.create({ id: MENU, title: "Keep this page", contexts: ["page", "selection", "link", "image"] }));
});

// Opens the store, whose link with a server then goes on.
chrome.runtime.onStartup.addListener(() => void ask("sync", null).catch(() => undefined));

chrome.contextMenus.onClicked.addListener((_, tab) => void keepTab(tab));
chrome.commands.onCommand.addListener((command, tab) => void (command === "keep" && keepTab(tab)));

chrome.storage.onChanged.addListener((changes, area) => {
  if (area === "local" && Object.entries(changes).some(([key, { newValue }]) => isTask(key) && newValue !== undefined)) {
    void work();
  }
});
chrome.alarms.onAlarm.addListener(() => void work());

chrome.omnibox.onInputChanged.addListener((text, show) => void suggest(text, show));
chrome.omnibox.onInputEntered.addListener((text, disposition) => void enter(text, disposition).catch(() => undefined));

// What the one before has left.
void work();
