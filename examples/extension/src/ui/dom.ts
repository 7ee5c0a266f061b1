/** A few lines around the DOM. Text is always text: nothing of a page is ever read as HTML. */

type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(name: K, properties: Partial<HTMLElementTagNameMap[K]> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The element of the page with this id, which is there. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`the page has no #${id}`);
  }
  return found as T;
}

/** Shows what went wrong, or that nothing did. */
export function showProblem(error: unknown): void {
  const problem = byId("problem");
  problem.hidden = error === undefined;
  problem.textContent = error instanceof Error ? error.message : "Something went wrong. Try it again.";
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** How long ago a time is, in words. */
export function ago(time: number): string {
  const seconds = (Date.now() - time) / 1000;
  const found = UNITS.find(([, least]) => seconds >= least);
  return found ? relative.format(-Math.floor(seconds / found[1]), found[0]) : "just now";
}

export const counted = (count: number, one: string): string => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
