/**
 * What the console keeps beside its store, in IndexedDB: what one tab has written the others read as soon as they are told. localStorage
 * does not promise that: a message to another tab may be there before what it is about.
 */

const DATABASE = "chromatid-console";
/** Called after what it held first; under another name browsers that have it would lose that. */
const TABLE = "place";

/** Browsers that keep nothing say so by these names. */
const KEEPS_NOTHING = new Set(["InvalidStateError", "SecurityError"]);

/** What was kept under a key; undefined if nothing was, or the browser keeps nothing. */
export async function readKept(key: string): Promise<unknown> {
  const database = await open();
  if (!database) return undefined;
  try {
    return await settled(database.transaction(TABLE).objectStore(TABLE).get(key));
  } finally {
    database.close();
  }
}

/** Changes what is kept under a key, in one transaction, which is durable once this resolves; false where the browser keeps nothing. */
export async function changeKept(key: string, change: (before: unknown) => unknown): Promise<boolean> {
  const database = await open();
  if (!database) return false;
  try {
    const transaction = database.transaction(TABLE, "readwrite", { durability: "strict" });
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("The transaction was given up"));
    });
    const table = transaction.objectStore(TABLE);
    const before = table.get(key);
    before.onsuccess = () => table.put(change(before.result), key);
    await ended;
    return true;
  } finally {
    database.close();
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
