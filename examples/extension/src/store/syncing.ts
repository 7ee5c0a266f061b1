/** The link of the kept pages with a Chroma server. */

import type { ChromaClient, Link, LinkSettings, LinkStatus } from "chromatid";

import type { Argument, SyncDecision, SyncSettings, SyncState } from "../messages";
import { PAGES } from "./records";

/** Links never store tokens. This one is kept for the extension's own pages alone, and is in no export. */
const TOKEN = "token";

/** Milliseconds between rounds. */
const INTERVAL_MS = 60_000;

export class Syncing {
  readonly #client: ChromaClient;
  readonly #onChange: () => void;
  readonly #onPulled: () => Promise<void>;
  #link: Link | undefined;
  #settings: SyncSettings | undefined;
  #failure: string | undefined;
  #seenSync: number | undefined;

  /** `onPulled` is called after a round that has changed what is here. */
  constructor(client: ChromaClient, onChange: () => void, onPulled: () => Promise<void>) {
    this.#client = client;
    this.#onChange = onChange;
    this.#onPulled = onPulled;
  }

  /** Goes on with the link that the store has. */
  async start(): Promise<void> {
    const stored = (await this.#client.links()).find(({ name }) => name === PAGES);
    if (stored) {
      await this.#open(settingsOf(stored.settings), localStorage.getItem(TOKEN) ?? undefined);
    }
  }

  async state(): Promise<SyncState> {
    const status = await this.#link?.status();
    return {
      ...(this.#settings && { settings: this.#settings }),
      ...(status && { state: status.state }),
      ...(this.#failure !== undefined && { state: "failed" }),
      ...message(this.#failure ?? status?.message),
      pending: status?.pending ?? 0,
      refused: status?.refused.length ?? 0,
      ...(status?.lastSync !== undefined && { lastSync: status.lastSync }),
    };
  }

  async link({ token, ...settings }: Argument<"link">): Promise<SyncState> {
    await this.#link?.close();
    this.#link = undefined;
    if (token) {
      localStorage.setItem(TOKEN, token);
    } else {
      localStorage.removeItem(TOKEN);
    }
    await this.#open(settings, token);
    return this.state();
  }

  async unlink(): Promise<SyncState> {
    if ((await this.#client.links()).some(({ name }) => name === PAGES)) {
      await this.#client.unlink({ name: PAGES });
    }
    localStorage.removeItem(TOKEN);
    this.#link = undefined;
    this.#settings = undefined;
    this.#failure = undefined;
    this.#onChange();
    return this.state();
  }

  /** What goes wrong is in the state. */
  async syncNow(): Promise<SyncState> {
    if (!this.#link && this.#settings) {
      await this.#open(this.#settings, localStorage.getItem(TOKEN) ?? undefined);
    }
    await this.#link?.sync().catch(() => undefined);
    return this.state();
  }

  async decide(decision: SyncDecision): Promise<SyncState> {
    await this.#link?.resolve(decision).catch(() => undefined);
    return this.state();
  }

  async #open(settings: SyncSettings, token: string | undefined): Promise<void> {
    const { hostname, port, protocol } = new URL(settings.address);
    const ssl = protocol === "https:";
    const remote = { host: hostname, port: Number(port) || (ssl ? 443 : 80), ssl, tenant: settings.tenant, database: settings.database };
    this.#settings = settings;
    this.#failure = undefined;
    try {
      this.#link = await this.#client.link(
        { name: PAGES },
        { remote: { ...remote, ...(token && { token: () => token }) }, collection: settings.collection, interval: INTERVAL_MS },
      );
      this.#link.on("status", (status) => this.#heard(status));
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
    this.#onChange();
  }

  #heard(status: LinkStatus): void {
    const { lastSync, progress } = status;
    if (lastSync !== undefined && lastSync !== this.#seenSync) {
      this.#seenSync = lastSync;
      if (progress.pulled + progress.deleted > 0) {
        void this.#onPulled();
      }
    }
    this.#onChange();
  }
}

/** What the package tells programs to call is left to buttons. */
function message(text: string | undefined): { message?: string } {
  return text === undefined ? {} : { message: text.replace(/,? ?(If that is right, call|Call|Open the link again with) .*$/u, "") };
}

function settingsOf({ remote: { host = "localhost", port, ssl = false, tenant, database }, collection }: LinkSettings): SyncSettings {
  return { address: new URL(`${ssl ? "https" : "http"}://${host}:${String(port ?? (ssl ? 443 : 80))}`).origin, tenant, database, collection };
}
