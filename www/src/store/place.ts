/**
 * Which store the console opens. Encryption is chosen when a store is made, so that a change of it is a move into another one: this pointer says
 * which of the two counts. It is the one thing that is written when a move has succeeded.
 */

import { destroy } from "chromatid";
import { inOneTab } from "../lib/one-tab";

/** What is kept: the store that counts, and stores that do not and are to be deleted: half copies, and what was left after a move. */
export interface Place {
  store: string;
  leavings: readonly string[];
}

const FIRST = "console";
const DATABASE = "chromatid-console";
const TABLE = "place";
const KEY = "store";

/** Browsers that keep nothing say so by these names: there the store is one of memory, and never moves. */
const KEEPS_NOTHING = new Set(["InvalidStateError", "SecurityError"]);

/** How often, and after how many milliseconds, a deletion is tried that another tab's worker may still be in the way of. */
const TRIES = 6;
const PAUSE_MS = 250;

/** A name that no store had before. */
export const freshName = (): string => `${FIRST}-${crypto.randomUUID().slice(0, 8)}`;

/** The store that counts; the first one where nothing was ever moved. */
export async function readPlace(): Promise<Place> {
  const database = await open();
  if (!database) return { store: FIRST, leavings: [] };
  try {
    return ((await settled(database.transaction(TABLE).objectStore(TABLE).get(KEY))) as Place | undefined) ?? { store: FIRST, leavings: [] };
  } finally {
    database.close();
  }
}

/** Durable once it resolves: what it does not name any more may be deleted. */
export async function writePlace(place: Place): Promise<void> {
  const database = await open();
  if (!database) throw new Error("This browser keeps no data: nothing can be moved");
  try {
    const transaction = database.transaction(TABLE, "readwrite", { durability: "strict" });
    transaction.objectStore(TABLE).put(place, KEY);
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("The transaction was given up"));
    });
  } finally {
    database.close();
  }
}

/**
 * Deletes what does not count. Only once the store that counts has been opened, and while no move is under way: the tab must hold it open, or hold all
 * others off.
 */
export async function tidy(): Promise<void> {
  const { leavings } = await readPlace();
  if (leavings.length === 0) return;
  await inOneTab("tidy", async () => {
    const { store: counting, leavings } = await readPlace();
    for (const name of leavings) {
      if (name !== counting) await destroyPatiently(name);
      const { store, leavings } = await readPlace();
      await writePlace({ store, leavings: leavings.filter((left) => left !== name) });
    }
  });
}

/** The worker of a page that has just ended may hold its files for a moment. */
async function destroyPatiently(name: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await destroy(name);
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise((resume) => setTimeout(resume, PAUSE_MS * tries));
    }
  }
}

/** Undefined where the browser keeps nothing. */
async function open(): Promise<IDBDatabase | undefined> {
  const factory = (globalThis as Partial<typeof globalThis>).indexedDB;
  if (!factory) return undefined;
  try {
    const request = factory.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    return await settled(request);
  } catch (error) {
    if (error instanceof DOMException && (KEEPS_NOTHING.has(error.name) || error.message.includes("denied permission"))) return undefined;
    throw error;
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB does not answer"));
  });
}
