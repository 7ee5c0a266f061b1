/** The links of the store: which there are, which are open here, and what they do. */

import type { Link, LinkDecision, LinkOptions, LinkSettings, LinkStatus, RemoteArgs, StoredLink } from "chromatid";
import type { Store } from "./open-store";
import { readPaused, writePaused } from "./paused-links";

/** What a link says when it does not go on by itself, or not now. It stays while the link tries again, so that nothing flickers. */
export interface Trouble {
  state: LinkStatus["state"];
  message: string;
}

export interface LinkEntry {
  name: string;
  settings: LinkSettings;
  /** Present once it was opened here; also while it is paused, for its journal. */
  link: Link | undefined;
  status: LinkStatus | undefined;
  isPaused: boolean;
  trouble: Trouble | undefined;
  /** Grows when the journal may have new entries. */
  journalRevision: number;
  /** Why it could not be opened. */
  error: unknown;
}

export interface LinksSnapshot {
  /** Undefined until they are read. */
  entries: readonly LinkEntry[] | undefined;
  error: unknown;
}

/** How often statuses are shown at most, in milliseconds: a round tells of each page that it reads. */
const STATUS_MS = 150;

const DEFAULT_TENANT = "default_tenant";
const DEFAULT_DATABASE = "default_database";

/** Tabs tell each other here that links have come, gone or changed. */
const CHANNEL = "chromatid-console-links";

type Message = { kind: "changed" } | { kind: "ending"; name: string };

interface Opened {
  link: Link;
  /** With credentials, which are nowhere else. */
  options: LinkOptions;
  isClosed: boolean;
  /** The latest that was told; shown a little later. */
  told: LinkStatus | undefined;
  status: LinkStatus | undefined;
  trouble: Trouble | undefined;
  journalRevision: number;
  forget: () => void;
}

export class Links {
  #snapshot: LinksSnapshot = { entries: undefined, error: undefined };
  readonly #listeners = new Set<() => void>();
  readonly #opened = new Map<string, Opened>();
  readonly #failures = new Map<string, unknown>();
  readonly #onWritten: () => void;
  readonly #channel = new BroadcastChannel(CHANNEL);
  #store: Store | undefined;
  #stored: StoredLink[] | undefined;
  #paused: ReadonlySet<string> = new Set();
  /** Changes are made one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Whether something is about to be shown. */
  #isDue = false;

  /** `onWritten` is called when a link has changed records here. */
  constructor(onWritten: () => void) {
    this.#onWritten = onWritten;
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
  }

  readonly subscribe = (notify: () => void): (() => void) => {
    this.#listeners.add(notify);
    return () => this.#listeners.delete(notify);
  };

  readonly getSnapshot = (): LinksSnapshot => this.#snapshot;

  /** Opens again what goes on without the user. */
  async start(store: Store): Promise<void> {
    this.#store = store;
    await this.refresh();
  }

  /** Lets go of the store; what is open is closed. */
  async stop(): Promise<void> {
    await this.#enqueue(async () => {
      this.#store = undefined;
      await Promise.all([...this.#opened.keys()].map((name) => this.#close(name)));
      this.#opened.clear();
      this.#failures.clear();
      this.#stored = undefined;
    });
  }

  /** Reads which links there are, opens those that can be, and lets go of those that are gone or have changed. */
  refresh(): Promise<void> {
    return this.#enqueue(() => this.#refresh());
  }

  /** Links a collection, or changes its link. */
  async add(name: string, options: LinkOptions): Promise<void> {
    await this.#enqueue(async () => {
      await this.#close(name);
      await this.#setPausedMark(name, false);
      try {
        await this.#open(name, options);
      } finally {
        // Also after a failure: the link as it was goes on.
        await this.#refresh();
      }
    });
    this.#tell({ kind: "changed" });
    this.#onWritten();
  }

  /** Opens a link that waits for its token. */
  async openWithToken(name: string, token: string): Promise<void> {
    const settings = this.#stored?.find((stored) => stored.name === name)?.settings;
    if (!settings) return;
    const options = optionsOf(settings);
    await this.add(name, { ...options, remote: { ...(options.remote as RemoteArgs), token: () => token } });
  }

  async pause(name: string): Promise<void> {
    await this.#setPaused(name, true);
  }

  async resume(name: string): Promise<void> {
    await this.#setPaused(name, false);
  }

  async unlink(name: string): Promise<void> {
    // A tab that goes on with a link that has ended would make it anew.
    this.#tell({ kind: "ending", name });
    await this.#enqueue(async () => {
      await this.#close(name);
      await this.#store?.unlink({ name });
      this.#opened.delete(name);
      await this.#setPausedMark(name, false);
      await this.#refresh();
    });
    this.#tell({ kind: "changed" });
  }

  /** Synchronises now. What goes wrong is in the status. */
  async sync(name: string, full: boolean): Promise<boolean> {
    return this.#ask(name, (link) => link.sync({ full }));
  }

  async resolve(name: string, decision: LinkDecision): Promise<boolean> {
    return this.#ask(name, (link) => link.resolve(decision));
  }

  /** Asks open links what they do: edits that wait are not told by themselves. */
  async poll(): Promise<void> {
    await Promise.all(
      [...this.#opened.values()].map(async (opened) => {
        // A store that is closed has nothing to tell.
        const status = await opened.link.status().catch(() => undefined);
        if (status) this.#note(opened, status);
      }),
    );
  }

  async #ask(name: string, work: (link: Link) => Promise<void>): Promise<boolean> {
    const opened = this.#opened.get(name);
    if (!opened) return false;
    const isDone = await work(opened.link).then(
      () => true,
      () => false,
    );
    await this.poll();
    return isDone;
  }

  async #setPaused(name: string, isPaused: boolean): Promise<void> {
    await this.#enqueue(async () => {
      await this.#setPausedMark(name, isPaused);
      await this.#refresh();
    });
    this.#tell({ kind: "changed" });
  }

  #replicaOf(name: string): string | undefined {
    return this.#stored?.find((stored) => stored.name === name)?.settings.replica;
  }

  #isPaused(name: string): boolean {
    const replica = this.#replicaOf(name);
    return replica !== undefined && this.#paused.has(replica);
  }

  async #setPausedMark(name: string, isPaused: boolean): Promise<void> {
    const replica = this.#replicaOf(name);
    if (replica !== undefined) await writePaused(replica, isPaused);
  }

  async #refresh(): Promise<void> {
    const store = this.#store;
    if (!store) return;
    try {
      const [stored, paused] = await Promise.all([store.links(), readPaused()]);
      this.#paused = paused;
      this.#stored = stored.filter(({ tenant, database }) => tenant === DEFAULT_TENANT && database === DEFAULT_DATABASE);
    } catch (error) {
      this.#show(error);
      return;
    }
    const known = new Map(this.#stored.map(({ name, settings }) => [name, settings]));
    for (const [name, opened] of this.#opened) {
      const settings = known.get(name);
      if (!settings) {
        await this.#close(name);
        this.#opened.delete(name);
      } else if (!isSame(settings, opened.link.settings)) {
        // Another tab has changed it; its credentials are not known here.
        await this.#close(name);
        this.#opened.delete(name);
      } else if (this.#isPaused(name)) {
        await this.#close(name);
      } else if (opened.isClosed) {
        await this.#tryToOpen(name, opened.options);
      }
    }
    for (const [name, settings] of known) {
      if (!this.#opened.has(name) && !this.#isPaused(name) && goesOnAlone(settings)) {
        await this.#tryToOpen(name, optionsOf(settings));
      }
    }
    this.#show();
  }

  async #tryToOpen(name: string, options: LinkOptions): Promise<void> {
    try {
      await this.#open(name, options);
    } catch (error) {
      this.#failures.set(name, error);
    }
  }

  async #open(name: string, options: LinkOptions): Promise<void> {
    const store = this.#store;
    if (!store) throw new Error("the store is not open");
    const link = await store.link({ name }, options);
    const opened: Opened = {
      link,
      options,
      isClosed: false,
      told: undefined,
      status: undefined,
      trouble: undefined,
      journalRevision: 0,
      forget: link.on("status", (status) => this.#note(opened, status)),
    };
    this.#failures.delete(name);
    this.#opened.set(name, opened);
    this.#note(opened, await link.status());
  }

  async #close(name: string): Promise<void> {
    const opened = this.#opened.get(name);
    if (!opened || opened.isClosed) return;
    opened.isClosed = true;
    opened.forget();
    await opened.link.close();
    opened.told = await opened.link.status().catch(() => undefined);
    opened.status = opened.told;
    opened.trouble = undefined;
  }

  #note(opened: Opened, status: LinkStatus): void {
    opened.told = status;
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      this.#show();
    }, STATUS_MS);
  }

  #hear(message: Message): void {
    if (message.kind === "ending") {
      void this.#enqueue(() => this.#close(message.name));
    } else {
      void this.refresh();
    }
  }

  #tell(message: Message): void {
    this.#channel.postMessage(message);
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Puts together what is shown. */
  #show(error?: unknown): void {
    let isWritten = false;
    for (const opened of this.#opened.values()) isWritten = takeStatus(opened) || isWritten;
    const entries = this.#stored?.map(({ name, settings }): LinkEntry => {
      const opened = this.#opened.get(name);
      return {
        name,
        settings,
        link: opened?.link,
        status: opened?.status,
        isPaused: this.#isPaused(name),
        trouble: opened?.trouble,
        journalRevision: opened?.journalRevision ?? 0,
        error: this.#failures.get(name),
      };
    });
    this.#snapshot = { entries: entries?.sort((a, b) => a.name.localeCompare(b.name)), error };
    this.#listeners.forEach((notify) => notify());
    if (isWritten) this.#onWritten();
  }
}

/** Takes in what a link has told; answers whether a round that has ended since has changed records here. */
function takeStatus(opened: Opened): boolean {
  const { told, status: before } = opened;
  if (!told || told === before) return false;
  opened.status = told;
  const { state, message, lastSync, progress } = told;
  if (state === "idle" || state === "ended") {
    opened.trouble = undefined;
  } else if (message !== undefined) {
    opened.trouble = { state, message };
  } else if (state === "elsewhere" || state === "offline") {
    opened.trouble = undefined;
  }
  const isNewRound = lastSync !== undefined && lastSync !== before?.lastSync;
  if (isNewRound && progress.deleted + progress.conflicts > 0) opened.journalRevision += 1;
  return isNewRound && progress.pulled + progress.deleted > 0;
}

/** Whether a link can be opened by what the store keeps of it. */
export function goesOnAlone({ needsCredentials, conflict }: LinkSettings): boolean {
  return !needsCredentials && conflict !== "function";
}

/** The options that a link was opened with, but for its credentials. */
export function optionsOf({ remote, collection, direction, where, conflict, interval }: LinkSettings): LinkOptions {
  const { host, port, ssl, tenant, database } = remote;
  return {
    remote: {
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(ssl !== undefined && { ssl }),
      tenant,
      database,
    },
    collection,
    direction,
    ...(where && { where }),
    ...(conflict !== "function" && { conflict: conflict as Exclude<LinkOptions["conflict"], undefined> }),
    interval,
  };
}

/** Whether settings agree, but for what the link itself finds out. */
function isSame(a: LinkSettings, b: LinkSettings): boolean {
  const print = (settings: LinkSettings): string => JSON.stringify({ ...settings, remoteId: undefined });
  return print(a) === print(b);
}
