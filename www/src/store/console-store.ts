import type { Collection } from "chromatid";
import { Imports } from "../imports/imports";
import { inOneTab } from "../lib/one-tab";
import { forgetPictures } from "../map/cache";
import { browsed } from "./browsed";
import { findWordnet, importWordnet, type ImportProgress } from "./import-wordnet";
import { finishIndexing, indexWords } from "./index-words";
import { Links } from "./links";
import { destroyStore, openStore, type Store } from "./open-store";
import { explain, type Problem } from "./problems";

export type Connection =
  | { status: "opening" }
  | { status: "open"; store: Store }
  | { status: "failed"; problem: Problem };

export type Wordnet =
  | { status: "unknown" }
  | { status: "importing"; progress: ImportProgress }
  | { status: "ready"; collection: Collection }
  | { status: "absent" }
  | { status: "failed"; problem: Problem };

export interface Snapshot {
  connection: Connection;
  wordnet: Wordnet;
  /** Grows with every write of the page, so that views know to read again */
  revision: number;
}

/** The open database and the state of its glosses, outside React so that rendering twice never opens it twice. */
export class ConsoleStore {
  #snapshot: Snapshot = { connection: { status: "opening" }, wordnet: { status: "unknown" }, revision: 0 };
  readonly #listeners = new Set<() => void>();
  /** Collections that are kept the same as remote ones. */
  readonly links = new Links(() => this.#countUp());
  /** Files that people bring. */
  readonly imports = new Imports(() => this.changed());
  /** The import under way, so that a reset can wait for its last batch. */
  #importing: Promise<void> | undefined;

  readonly subscribe = (notify: () => void): (() => void) => {
    this.#listeners.add(notify);
    return () => this.#listeners.delete(notify);
  };

  readonly getSnapshot = (): Snapshot => this.#snapshot;

  /** Opens the store, then stores the glosses unless they are there, or the data are elsewhere. Failures become part of the snapshot. */
  async start(): Promise<void> {
    this.#set({ connection: { status: "opening" }, wordnet: { status: "unknown" } });
    let store: Store;
    try {
      store = await openStore();
    } catch (error) {
      this.#set({ connection: { status: "failed", problem: explain(error) } });
      return;
    }
    this.#set({ connection: { status: "open", store } });
    // Links and glosses are those of this browser.
    if (browsed) return;
    void this.links.start(store);
    void this.imports.lookForInterrupted();
    await this.prepareWordnet();
  }

  /** Finds the glosses, or stores those that are missing. */
  async prepareWordnet(): Promise<void> {
    this.#importing ??= this.#prepareWordnet().finally(() => {
      this.#importing = undefined;
    });
    return this.#importing;
  }

  #prepareWordnet(): Promise<void> {
    return this.#provide(
      async (store, onProgress) => (await findWordnet(store)) ?? (await finishIndexing(store)) ?? importWordnet(store, onProgress),
    );
  }

  /** Gives glosses that an earlier version stored the index of words that they lack. */
  async indexWords(): Promise<void> {
    this.#importing ??= this.#provide(indexWords).finally(() => {
      this.#importing = undefined;
    });
    return this.#importing;
  }

  /** Makes the collection of glosses, telling how far it is. */
  async #provide(make: (store: Store, onProgress: (progress: ImportProgress) => void) => Promise<Collection>): Promise<void> {
    const { connection } = this.#snapshot;
    if (connection.status !== "open") return;
    try {
      const onProgress = (progress: ImportProgress): void => this.#set({ wordnet: { status: "importing", progress } });
      const collection = await inOneTab("import", () => make(connection.store, onProgress));
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

  /** Deletes all data and starts as on the first visit. */
  async reset(): Promise<void> {
    const { connection } = this.#snapshot;
    if (this.#importing) await this.#importing;
    await this.links.stop();
    await this.imports.discard();
    await forgetPictures();
    try {
      if (connection.status === "open") {
        // What other tabs show is gone with it.
        await connection.store.reset();
        await connection.store.close();
      } else {
        await destroyStore();
      }
    } finally {
      await this.start();
    }
  }

  #set(part: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...part };
    this.#listeners.forEach((notify) => notify());
  }
}
