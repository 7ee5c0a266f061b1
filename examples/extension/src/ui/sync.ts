/** The link with a server: its settings, what it does, and what to do about it. */

import { ask } from "../ask";
import type { SyncDecision, SyncState } from "../messages";
import { ago, byId, counted, element, showProblem } from "./dom";

interface Words {
  tone: "good" | "busy" | "bad";
  label: string;
  advice: string;
}

const WAITS = "Pages that you keep meanwhile are sent later.";

const STATES: Readonly<Record<string, Words>> = {
  starting: { tone: "busy", label: "Starting", advice: "" },
  syncing: { tone: "busy", label: "Syncing", advice: "" },
  idle: { tone: "good", label: "In sync", advice: "" },
  offline: { tone: "busy", label: "Offline", advice: `There is no network. ${WAITS}` },
  waiting: { tone: "bad", label: "No answer", advice: `Check that the server runs and that its address is right. It is tried again by itself. ${WAITS}` },
  "auth-required": { tone: "bad", label: "Needs a token", advice: "The server wants to know who asks. Change the token." },
  forbidden: { tone: "bad", label: "Not allowed", advice: "The token may not do this. Change it, or what it may do on the server." },
  refused: { tone: "bad", label: "Refused", advice: "The server does not take what it is sent. Change the address, tenant, database or collection." },
  "relink-required": { tone: "bad", label: "Needs a decision", advice: "The collection on the server is another one than before. Nothing is changed until you decide." },
  "remote-shrank": { tone: "bad", label: "Needs a decision", advice: "Many pages are gone from the server. Nothing is deleted here until you decide." },
  failed: { tone: "bad", label: "Not connected", advice: "Check the address and that the server runs, then sync again." },
};

const DECISIONS: Readonly<Record<string, readonly (readonly [SyncDecision, string])[]>> = {
  "relink-required": [
    ["merge", "Keep the pages of both"],
    ["pushLocal", "Send what is here"],
    ["adoptRemote", "Take what is there"],
  ],
  "remote-shrank": [
    ["restore", "Send them again"],
    ["accept", "Delete them here too"],
  ],
};

const form = byId<HTMLFormElement>("sync-form");

export function startSync(): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void link().catch(showProblem);
  });
  byId("sync-now").addEventListener("click", () => act(() => ask("syncNow", null)));
  byId("sync-end").addEventListener("click", () => act(() => ask("unlink", null)));
  byId("sync-change").addEventListener("click", () => {
    form.hidden = false;
    field("address").focus();
  });
  void showSync().catch(showProblem);
}

export async function showSync(): Promise<void> {
  show(await ask("sync", null));
}

function act(call: () => Promise<SyncState>): void {
  call().then(show).catch(showProblem);
}

const field = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;

async function link(): Promise<void> {
  const { origin } = new URL(field("address").value);
  // Asked here, while the click counts. With it the server needs no CORS settings; without it a server that has some is reached all the same.
  await chrome.permissions.request({ origins: [`${origin}/*`] });
  const [tenant = "", database = "", collection = ""] = ["tenant", "database", "collection"].map((name) => field(name).value.trim());
  const token = field("token").value;
  show(await ask("link", { address: origin, tenant, database, collection, ...(token && { token }) }));
  form.hidden = true;
}

function show(state: SyncState): void {
  const { settings } = state;
  byId("sync-state").hidden = !settings;
  if (!settings) {
    form.hidden = false;
    return;
  }
  if (!form.contains(document.activeElement)) {
    form.hidden = true;
    for (const [name, value] of Object.entries(settings)) {
      field(name).value = String(value);
    }
  }
  const { tone, label, advice } = STATES[state.state ?? "starting"] ?? { tone: "busy", label: "Starting", advice: "" };
  const badge = byId("sync-label");
  badge.className = `state ${tone}`;
  badge.textContent = label;
  byId("sync-address").textContent = settings.address;
  byId("sync-advice").textContent = advice;
  byId("sync-detail").textContent = detail(state, tone);
  const choices = (DECISIONS[state.state ?? ""] ?? []).map(([decision, text]) => {
    const button = element("button", { type: "button" }, text);
    button.addEventListener("click", () => act(() => ask("decide", decision)));
    return button;
  });
  byId("sync-decisions").replaceChildren(...choices);
}

function detail({ lastSync, pending, refused, message }: SyncState, tone: Words["tone"]): string {
  const parts = [
    lastSync === undefined ? undefined : `Last synced ${ago(lastSync)}.`,
    pending > 0 ? `${counted(pending, "passage")} to be sent.` : undefined,
    refused > 0 ? `${counted(refused, "passage")} refused by the server.` : undefined,
    tone === "bad" ? message : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}
