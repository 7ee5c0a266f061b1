/** The stores that a browser keeps for an origin. */

/** A store that is kept, open or not. */
export interface KeptStore {
  name: string;
  storage: "opfs" | "indexeddb";
}

/** Holds the directories of stores, in the origin's private file system. */
const PARENT = "chromatid";

/** What the names of databases begin with. */
const PREFIX = "chromatid:";

/**
 * The stores of this origin, by name; none where there is no storage. Names of which the file system has a digest only (more than some 30 characters
 * beyond lower-case ASCII) are not told.
 */
export async function listStores(): Promise<KeptStore[]> {
  const stores = [...(await inFiles()), ...(await inDatabases())];
  return stores.sort((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)));
}

async function inFiles(): Promise<KeptStore[]> {
  const parent = (await parentDirectory()) as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> } | undefined;
  const stores: KeptStore[] = [];
  for await (const [directory, { kind }] of parent?.entries() ?? []) {
    const name = kind === "directory" ? nameOf(directory) : undefined;
    if (name !== undefined) {
      stores.push({ name, storage: "opfs" });
    }
  }
  return stores;
}

async function parentDirectory(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(PARENT);
  } catch {
    // There is no such file system here, or nothing of ours in it.
    return undefined;
  }
}

/** The name that a directory was made for: bytes of UTF-8, those beyond `a-z0-9-` as `_` and two digits. */
function nameOf(directory: string): string | undefined {
  if (!/^([a-z0-9-]|_[0-9a-f]{2})*$/.test(directory)) {
    return undefined;
  }
  try {
    return decodeURIComponent(directory.replaceAll("_", "%"));
  } catch {
    return undefined;
  }
}

async function inDatabases(): Promise<KeptStore[]> {
  try {
    const databases = await indexedDB.databases();
    return databases.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [{ name: name.slice(PREFIX.length), storage: "indexeddb" as const }] : []));
  } catch {
    // No IndexedDB, or one that is shut.
    return [];
  }
}
