/** The popup: search, and the page of the tab that it was opened on. */

import { ask } from "../ask";
import { cross, isTask, note, type Task, tasks } from "../background/outbox";
import { isWebPage } from "../store/address";
import { ago, byId, element, showProblem } from "./dom";
import { startFinder } from "./finder";

/** Pages that fit well enough. */
const LIMIT = 20;

const section = byId("current");

async function start(): Promise<void> {
  startFinder({
    limit: LIMIT,
    onMode: (isSearch) => (byId("heading").textContent = isSearch ? "Found" : "Recently kept"),
    onChange: () => void showCurrent().catch(showProblem),
  });
  chrome.storage.onChanged.addListener((changes) => {
    if (Object.keys(changes).some(isTask)) {
      void showCurrent().catch(showProblem);
    }
  });
  await showCurrent();
}

async function showCurrent(): Promise<void> {
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  const { id, url = "", title = url } = tab ?? {};
  if (id === undefined || !isWebPage(url)) {
    section.hidden = true;
    return;
  }
  const task = (await tasks()).find(([, { tab: of, url: address }]) => of === id && (address === url || address === ""));
  const kept = await ask("page", url);
  const words = element("div", { className: "words" }, element("strong", {}, title), describe(task?.[1], kept?.keptAt));
  const isBusy = task !== undefined && task[1].state !== "failed";
  const keep = element("button", { type: "button", className: kept ? "" : "main", disabled: isBusy }, kept ? "Keep again" : "Keep");
  keep.addEventListener("click", () => {
    keep.disabled = true;
    void Promise.all([task && cross(task[0]), note(id, url)]).catch(showProblem);
  });
  // A button that is replaced leaves its focus to the one in its place.
  const hadFocus = section.contains(document.activeElement);
  section.replaceChildren(words, keep);
  section.hidden = false;
  if (hadFocus) {
    keep.focus();
  }
}

function describe(task: Task | undefined, keptAt: number | undefined): HTMLElement {
  if (task?.state === "failed") {
    return element("small", { className: "bad", role: "alert" }, task.message ?? "It could not be kept.");
  }
  const text = task ? (task.state === "reading" ? "Reading…" : "Keeping…") : keptAt === undefined ? "Not kept" : `Kept ${ago(keptAt)}`;
  return element("small", {}, text);
}

start().catch(showProblem);
