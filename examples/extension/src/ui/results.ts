/** The list of pages: found ones with their passages, or kept ones as they are. */

import { ask } from "../ask";
import type { FoundPage, FoundPassage } from "../messages";
import { isWebPage, linkTo } from "../store/address";
import { ago, byId, element, showProblem } from "./dom";
import { markedRuns } from "./marks";

/** What stands in the place of an empty list. */
export interface Empty {
  title: string;
  advice: string;
}

export function showResults(found: readonly FoundPage[], empty: Empty): void {
  const items = found.filter(({ page }) => isWebPage(page.url)).map(item);
  const nothing = element("li", { className: "empty" }, element("strong", {}, empty.title), empty.advice);
  const list = byId("list");
  // A later answer replaces what keys have reached already: the same link keeps the focus, or the first one has it.
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  list.replaceChildren(...(items.length > 0 ? items : [nothing]));
  if (focused) {
    const links = [...list.querySelectorAll("a")];
    const same = focused instanceof HTMLAnchorElement ? links.find(({ href, className }) => href === focused.href && className === focused.className) : undefined;
    (same ?? links[0] ?? byId("search")).focus();
  }
}

function item({ page, passages }: FoundPage): HTMLLIElement {
  const first = passages[0];
  const title = link(first ? linkTo(page.url, first.sentence) : page.url, "title", page.title);
  const about = element("span", { className: "about" }, `${page.site} · kept ${ago(page.keptAt)}`);
  const tile = element("span", { className: "tile", ariaHidden: "true" }, page.site.charAt(0));
  const list = element("ul", { className: "passages" }, ...passages.map((passage) => element("li", {}, passageLink(page.url, passage))));
  return element("li", { className: "result" }, tile, title, forgetButton(page.id, page.title), about, ...(passages.length > 0 ? [list] : []));
}

function passageLink(url: string, passage: FoundPassage): HTMLAnchorElement {
  // From the best sentence on: what is before it is a scroll away.
  const at = Math.max(0, passage.text.indexOf(passage.sentence));
  const text = (at > 0 ? "… " : "") + passage.text.slice(at);
  const runs = markedRuns(text, passage.marks).map((run) => (run.isMarked ? element("mark", {}, run.text) : run.text));
  const heading = passage.heading === "" ? [] : [element("small", {}, passage.heading)];
  return link(linkTo(url, passage.sentence), "passage", ...heading, element("span", {}, ...runs));
}

function link(href: string, className: string, ...children: (Node | string)[]): HTMLAnchorElement {
  return element("a", { href, className, target: "_blank", rel: "noreferrer" }, ...children);
}

/** Asks once more before it forgets. */
function forgetButton(id: string, title: string): HTMLButtonElement {
  const button = element("button", { type: "button", className: "forget", ariaLabel: `Forget ${title}` }, "Forget");
  button.addEventListener("click", () => {
    if (button.classList.contains("sure")) {
      button.disabled = true;
      ask("forget", id).catch(showProblem);
      return;
    }
    button.classList.add("sure");
    button.textContent = "Forget for good?";
    button.ariaLabel = `Forget ${title} for good?`;
  });
  button.addEventListener("blur", () => {
    button.classList.remove("sure");
    button.textContent = "Forget";
    button.ariaLabel = `Forget ${title}`;
  });
  return button;
}

/** Arrow keys go from the search through the links, and back; Enter in the search opens the first. */
export function moveByKeys(search: HTMLInputElement): void {
  document.addEventListener("keydown", (event) => {
    const links = [...document.querySelectorAll<HTMLAnchorElement>(".result a")];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    const isInSearch = document.activeElement === search;
    if (event.key === "Enter" && isInSearch) {
      links[0]?.click();
    } else if (event.key === "ArrowDown" && (isInSearch || at >= 0)) {
      event.preventDefault();
      links[at + 1]?.focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (links[at - 1] ?? search).focus();
    } else if (event.key === "/" && !(document.activeElement instanceof HTMLInputElement)) {
      event.preventDefault();
      search.focus();
    }
  });
}
