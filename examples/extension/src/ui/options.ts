/** The page with everything: kept pages by site, sync, backup, storage. */

import { ask } from "../ask";
import type { PageList } from "../messages";
import { byId, counted, element, showProblem } from "./dom";
import { startFinder } from "./finder";
import { showSync, startSync } from "./sync";

const LIMIT = 500;
const SITES = 12;

let site: string | undefined;

function start(): void {
  const query = new URLSearchParams(location.search).get("q");
  byId<HTMLInputElement>("search").value = query ?? "";
  const show = startFinder({
    limit: LIMIT,
    site: () => site,
    onPages: (list) => {
      showSites(list, show);
      void showStorage().catch(showProblem);
    },
    onChange: (change) => void (change === "sync" && showSync().catch(showProblem)),
  });
  startSync();
  startBackup();
}

function showSites({ sites }: PageList, show: () => Promise<void>): void {
  const group = byId("sites");
  const shown = sites.filter(({ site: one }, i) => i < SITES || one === site);
  const focused = group.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.site : undefined;
  const buttons = shown.map(({ site: one, pages }) => {
    const button = element("button", { type: "button", ariaPressed: String(one === site) }, `${one} `, element("span", {}, String(pages)));
    button.dataset.site = one;
    button.addEventListener("click", () => {
      site = one === site ? undefined : one;
      void show();
    });
    return button;
  });
  group.replaceChildren(...buttons);
  group.hidden = sites.length < 2 && site === undefined;
  buttons.find((button) => button.dataset.site === focused)?.focus();
}

async function showStorage(): Promise<void> {
  const { bytes } = await ask("info", null);
  const size = `${(bytes / 1_000_000).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
  byId("storage").textContent = `Uses ${size}. The browser does not clear it by itself; removing the extension does.`;
}

function startBackup(): void {
  const file = byId<HTMLInputElement>("file");
  byId("export").addEventListener("click", () => void saveExport().catch(showProblem));
  byId("import").addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    file.value = "";
    if (chosen) {
      void takeImport(chosen).catch(showProblem);
    }
  });
}

async function saveExport(): Promise<void> {
  const href = await ask("export", null);
  element("a", { href, download: `kept-${new Date().toISOString().slice(0, 10)}.chromatid` }).click();
}

async function takeImport(file: File): Promise<void> {
  const url = URL.createObjectURL(file);
  try {
    byId("backup-note").textContent = `${counted(await ask("import", url), "page")} imported`;
    showProblem(undefined);
  } finally {
    URL.revokeObjectURL(url);
  }
}

start();
