import type { Collection } from "chromatid";
import { forgetServers } from "../embedding/access";
import { forgetModels } from "../embedding/transformer/files";
import { Imports } from "../imports/imports";
import { inOneTab } from "../lib/one-tab";
import { forgetPictures } from "../map/cache";
import { browsed } from "./browsed";
import { findWordnet, importWordnet, type ImportProgress } from "./import-wordnet";
import { finishIndexing, indexWords } from "./index-words";
import { Links } from "./links";
import { LeftoverError, move, startAnew, type MoveProgress } from "./move";
import { isLocked, openBrowsed, openStore, type Store, type StoreKey } from "./open-store";
import { forgetPaused } from "./paused-links";
import { readPlace, tidy } from "./place";
import { alone, enter, ImportUnderWayError, isImporting, listen, post, type Notice } from "./presence";
import { explain, type Problem } from "./problems";

/** Why the store moves. */
export type MoveGoal = "encrypt" | "change" | "decrypt" | "reset";

export type Connection =
  | { status: "opening" }
  /** Another tab moves the store */
  | { status: "waiting" }
  /** Encrypted; `isRefused`: the passphrase that was given is not the one */
  | { status: "locked"; isRefused: boolean }
  | { status: "open"; store: Store; isEncrypted: boolean }
  /** `cancel` is there as long as that is possible */
  | { status: "moving"; goal: MoveGoal; progress: MoveProgress | undefined; cancel: (() => void) | undefined }
  | { status: "failed"; problem: Problem };

export type Wordnet =
  | { status: "unknown" }
  | { status: "importing"; progress: ImportProgress }
  | { status: "ready"; collection: Collection }
  | { status: "absent" }
  | { status: "failed"; problem: Problem };

/** How the last move of this visit ended. */
export interface Moved {
  goal: MoveGoal;
  /** Absent when all went well; null when it was cancelled */
  problem?: Problem | null;
}

export interface Snapshot {
  connection: Connection;
  wordnet: Wordnet;
  moved: Moved | undefined;
  /** Grows with every write of the page, so that views know to read again */
  revision: number;
}

/** The open database and the state of its glosses, outside React so that rendering twice never opens it twice. */
export class ConsoleStore {
  #snapshot: Snapshot = { connection: { status: "opening" }, wordnet: { status: "unknown" }, moved: undefined, revision: 0 };
  readonly #listeners = new Set<() => void>();
  /** Collections that are kept the same as remote ones. */
  readonly links = new Links(() => this.#countUp());
  /** Files that people bring. */
  readonly imports = new Imports(() => this.changed(), () => this.#key);
  /** The import under way, so that who closes the store can wait for its last batch. */
  #importing: Promise<void> | undefined;
  #key: StoreKey = { name: "", passphrase: undefined };
  /** Further clients of the store, for the console of the browser. */
  readonly #others = new Set<Store>();
  /** Tells the other tabs that the store is closed here. */
  #leave: () => void = () => undefined;
  #tidying: Promise<void> = Promise.resolve();
  /** Openings, closings and moves come one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor() {
    if (!browsed) listen((notice) => this.#hear(notice));
  }

  readonly subscribe = (notify: () => void): (() => void) => {
    this.#listeners.add(notify);
    return () => this.#listeners.delete(notify);
  };

  readonly getSnapshot = (): Snapshot => this.#snapshot;

  /** Opens the store, then stores the glosses unless they are there, or the data are elsewhere. Failures become part of the snapshot. */
  async start(): Promise<void> {
    await this.#enqueue(() => this.#open());
    await this.#begin();
  }

  /** Opens an encrypted store. */
  async unlock(passphrase: string): Promise<void> {
    await this.#enqueue(async () => {
      this.#key = { name: (await readPlace()).store, passphrase };
      await this.#open();
    });
    await this.#begin();
  }

  /** Closes an encrypted store in all tabs, and forgets its passphrase. */
  async lock(): Promise<void> {
    await this.#expectNoImport();
    post("lock");
    await this.#enqueue(() => this.#lock());
  }

  /** A further client of the store. */
  async openBeside(): Promise<Store> {
    if (browsed) return openBrowsed(browsed);
    await this.#queue;
    if (this.#snapshot.connection.status !== "open") throw new Error("The store of this page is not open");
    const store = await openStore(this.#key);
    this.#others.add(store);
    return store;
  }

  /** Whether a passphrase is that of the open store. */
  isPassphrase(passphrase: string): boolean {
    return passphrase === this.#key.passphrase;
  }

  /** Encrypts everything with a passphrase, or with none any more. Rejects if that cannot begin; how it ended is in the snapshot. */
  async move(goal: Exclude<MoveGoal, "reset">, passphrase: string | undefined): Promise<void> {
    await this.#expectNoImport();
    const ending = new AbortController();
    const tell = (progress: MoveProgress): void => {
      const cancel = progress.step === "ending" ? undefined : () => ending.abort();
      this.#set({ connection: { status: "moving", goal, progress, cancel } });
    };
    const work = async (store: Store | undefined): Promise<void> => {
      if (!store) return;
      const moving = { store, name: this.#key.name, close: () => this.#close(store) };
      const { key, isOldGone } = await alone(this.#leave, () => move(moving, passphrase, tell, ending.signal));
      this.#key = key;
      // They show what is in the store.
      await forgetPictures();
      if (!isOldGone) throw new LeftoverError("Something still has its files open");
    };
    await this.#enqueue(() => this.#whileClosed(goal, work, ending.signal));
    await this.#begin();
  }

  /** Deletes all data and starts as on the first visit; also when they cannot be read. How it ended is in the snapshot. */
  async reset(): Promise<void> {
    const work = async (store: Store | undefined): Promise<void> => {
      await this.imports.discard();
      await (await import("../imports/kept-files")).forgetAllFiles();
      await alone(this.#leave, async () => {
        await this.#close(store);
        await startAnew();
      });
      await forgetPictures();
      await forgetPaused();
      await forgetServers();
      await forgetModels();
    };
    await this.#enqueue(() => this.#whileClosed("reset", work));
    await this.#begin();
  }

  /** Does `work` while the page shows nothing of the store, then opens whichever store counts. */
  async #whileClosed(goal: MoveGoal, work: (store: Store | undefined) => Promise<void>, signal?: AbortSignal): Promise<void> {
    const { connection } = this.#snapshot;
    const store = connection.status === "open" ? connection.store : undefined;
    this.#set({ connection: { status: "moving", goal, progress: undefined, cancel: undefined } });
    let moved: Moved = { goal };
    try {
      await this.#settle();
      await work(store);
    } catch (error) {
      moved = { goal, problem: signal?.aborted ? null : explain(error) };
    }
    await this.#close(store).catch(() => undefined);
    post("moved");
    this.#set({ moved });
    await this.#open();
  }

  async #open(): Promise<void> {
    this.#set({ connection: { status: "opening" }, wordnet: { status: "unknown" } });
    try {
      if (browsed) {
        this.#set({ connection: { status: "open", store: await openBrowsed(browsed), isEncrypted: false } });
        return;
      }
      this.#leave = await enter(() => this.#set({ connection: { status: "waiting" } }));
      // A passphrase is that of one store.
      const { store: name } = await readPlace();
      if (name !== this.#key.name) this.#key = { name, passphrase: undefined };
      const store = await openStore(this.#key);
      // What is left of a move goes when the store that counts is known to open.
      this.#tidying = tidy().catch(() => undefined);
      this.#set({ connection: { status: "open", store, isEncrypted: this.#key.passphrase !== undefined } });
    } catch (error) {
      const isRefused = this.#key.passphrase !== undefined;
      this.#key = { ...this.#key, passphrase: undefined };
      this.#leave();
      this.#set({ connection: isLocked(error) ? { status: "locked", isRefused } : { status: "failed", problem: explain(error) } });
    }
  }

  /** What goes on by itself once the store is open. Links and glosses are those of this browser. */
  async #begin(): Promise<void> {
    const { connection } = this.#snapshot;
    if (connection.status !== "open" || browsed) return;
    void this.links.start(connection.store);
    void this.imports.lookForInterrupted();
    await this.prepareWordnet();
  }

  /** Waits for what would be cut off if the store was closed now. */
  async #settle(): Promise<void> {
    await this.#importing;
    await this.links.stop();
    await this.#tidying;
    await Promise.all([...this.#others].map((store) => store.close()));
    this.#others.clear();
  }

  /** Lets go of the store. */
  async #close(store: Store | undefined): Promise<void> {
    try {
      await store?.close();
    } finally {
      this.#leave();
    }
  }

  async #lock(): Promise<void> {
    const { connection } = this.#snapshot;
    if (connection.status !== "open" || !connection.isEncrypted) return;
    this.#set({ connection: { status: "locked", isRefused: false }, wordnet: { status: "unknown" }, moved: undefined });
    this.#key = { ...this.#key, passphrase: undefined };
    await forgetPictures();
    await this.#settle().catch(() => undefined);
    await this.#close(connection.store).catch(() => undefined);
  }

  #hear(notice: Notice): void {
    void this.#enqueue(() => this.#obey(notice)).then((isOpened) => (isOpened ? this.#begin() : undefined));
  }

  /** Whether the store was opened anew. */
  async #obey(notice: Notice): Promise<boolean> {
    const { connection } = this.#snapshot;
    if (notice === "lock") {
      await this.#lock();
      return false;
    }
    if (notice === "leave" && connection.status === "open") {
      this.#set({ connection: { status: "waiting" } });
      // Whatever cannot be ended in order ends with the store.
      await this.#settle().catch(() => undefined);
      await this.#close(connection.store).catch(() => undefined);
    } else if (notice !== "moved" || (connection.status !== "locked" && connection.status !== "failed")) {
      return false;
    }
    await this.#open();
    return true;
  }

  async #expectNoImport(): Promise<void> {
    if (this.imports.isUnderWay || (await isImporting())) throw new ImportUnderWayError("Files or glosses are being stored, here or in another tab");
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Finds the glosses, or stores those that are missing. */
  async prepareWordnet(): Promise<void> {
    this.#importing ??= this.#prepareWordnet().finally(() => {
      this.#importing = undefined;
    });
    return this.#importing;
  }

  #prepareWordnet(): Promise<void> {
    // Most visits only look: that is no import, which nothing else may come in between of.
    return this.#provide(
      async (store, onProgress) => (await findWordnet(store)) ?? (await finishIndexing(store)) ?? importWordnet(store, onProgress),
      findWordnet,
    );
  }

  /** Gives glosses that an earlier version stored the index of words that they lack. */
  async indexWords(): Promise<void> {
    this.#importing ??= this.#provide(indexWords).finally(() => {
      this.#importing = undefined;
    });
    return this.#importing;
  }

  /** Makes the collection of glosses, telling how far it is, unless it is found. */
  async #provide(
    make: (store: Store, onProgress: (progress: ImportProgress) => void) => Promise<Collection>,
    find?: (store: Store) => Promise<Collection | undefined>,
  ): Promise<void> {
    const { connection } = this.#snapshot;
    if (connection.status !== "open") return;
    try {
      const onProgress = (progress: ImportProgress): void => this.#set({ wordnet: { status: "importing", progress } });
      const collection = (await find?.(connection.store)) ?? (await inOneTab("import", () => make(connection.store, onProgress)));
      this.#set({ wordnet: { status: "ready", collection } });
      this.changed();
    } catch (error) {
      this.#set({ wordnet: { status: "failed", problem: explain(error) } });
    }
  }

  /** Tells the views that the page wrote something. */
  changed(): void {
    this.#countUp();
    // A link ends with its collection.
    void this.links.refresh();
  }

  #countUp(): void {
    this.#set({ revision: this.#snapshot.revision + 1 });
  }

  /** Tells that the collection of glosses was deleted by the user: it comes back at the next start, or when asked for. */
  forgetWordnet(): void {
    this.#set({ wordnet: { status: "absent" } });
    this.changed();
  }

  /** Finds the glosses again after collections came or went: another collection may have their name now, or none. */
  async lookAgain(): Promise<void> {
    const { connection, wordnet } = this.#snapshot;
    if (connection.status === "open" && !this.#importing && !browsed) {
      const found = await findWordnet(connection.store);
      if (!found && wordnet.status === "ready") {
        this.#set({ wordnet: { status: "absent" } });
      } else if (found && !(wordnet.status === "ready" && wordnet.collection.id === found.id)) {
        this.#set({ wordnet: { status: "ready", collection: found } });
      }
    }
    this.changed();
  }

  #set(part: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...part };
    this.#listeners.forEach((notify) => notify());
  }
}
