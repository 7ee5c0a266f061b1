/** Search as one types, or the kept pages while nothing is typed. The latest question wins, however late others are answered. */

import { ask } from "../ask";
import { CHANGES, type Change, type PageList } from "../messages";
import { byId, counted, showProblem } from "./dom";
import { moveByKeys, showResults } from "./results";

export interface FinderOptions {
  /** Pages that are shown at most. */
  limit: number;
  /** The site that is looked at; all without one. */
  site?: () => string | undefined;
  /** Told of the kept pages whenever they were read. */
  onPages?: (list: PageList) => void;
  /** Told whether something is searched for. */
  onMode?: (isSearch: boolean) => void;
  onChange?: (change: Change) => void;
}

const NOTHING_KEPT = { title: "Nothing kept yet", advice: "Open a page that is worth finding again, and keep it." };
const NOTHING_FOUND = { title: "No kept page is about that", advice: "Try other words, or what it means in yours." };

/** Answers what shows everything again. */
export function startFinder({ limit, site, onPages, onMode, onChange }: FinderOptions): () => Promise<void> {
  const search = byId<HTMLInputElement>("search");
  let latest = 0;
  const show = async (): Promise<void> => {
    const asked = (latest += 1);
    const isCurrent = (): boolean => asked === latest;
    const text = search.value.trim();
    const chosen = site?.();
    const within = chosen === undefined ? {} : { site: chosen };
    try {
      const [list, found] = await Promise.all([ask("pages", { ...within, limit }), text === "" ? [] : ask("search", { text, ...within, pages: limit })]);
      if (!isCurrent()) {
        return;
      }
      onPages?.(list);
      onMode?.(text !== "");
      const none = list.total === 0 ? NOTHING_KEPT : NOTHING_FOUND;
      showResults(text === "" ? list.pages.map((page) => ({ page, passages: [] })) : found, none);
      byId("status").textContent = text === "" ? `${counted(list.total, "page")} kept` : `${counted(found.length, "page")} found`;
      showProblem(undefined);
    } catch (error) {
      if (isCurrent()) {
        showProblem(error);
      }
    }
  };
  search.addEventListener("input", () => void show());
  moveByKeys(search);
  new BroadcastChannel(CHANGES).onmessage = ({ data }: MessageEvent<Change>) => {
    onChange?.(data);
    if (data === "pages") {
      void show();
    }
  };
  void show();
  return show;
}
