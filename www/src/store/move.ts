/**
 * Moves everything into another store, which is encrypted otherwise. Until the pointer is written the old one counts, and it is deleted after that:
 * whenever this ends, one whole store is there and named, and what else is there is deleted by the next page.
 */

import type { Exported, Imported } from "chromatid";
import { settledLinks, remakeLinks } from "./move-links";
import { openStore, type Store, type StoreKey } from "./open-store";
import { freshName, readPlace, tidy, writePlace } from "./place";

export type MoveStep = "gathering" | "copying" | "checking" | "ending";

export interface MoveProgress {
  step: MoveStep;
  /** Records that are copied, of how many */
  done: number;
  total: number;
}

/** A copy that was made does not agree with what it was made of. */
export class CopyError extends Error {
  override readonly name = "CopyError";
}

/** There is no room for a second copy. */
export class NoRoomError extends Error {
  override readonly name = "NoRoomError";
}

/** The store that counted before a move could not be deleted. */
export class LeftoverError extends Error {
  override readonly name = "LeftoverError";
}

/** A page that is no console, or an older one, has the store open. */
export class InUseError extends Error {
  override readonly name = "InUseError";
}

interface Contents {
  collections: number;
  records: number;
  /** Records by the id and name of their collection */
  counts: ReadonlyMap<string, number>;
}

/** What the files of a copy may need beyond those of the original: logs that are not compacted yet, and what encryption adds. */
const ROOM = 1.5;

/** How long tabs that have gone may still be counted, in milliseconds. */
const GONE_MS = 3000;

const PAGE = 500;

/** What moves: an open store, what it is called, and what closes it. */
export interface Moving {
  store: Store;
  name: string;
  close: () => Promise<void>;
}

/** Copies what a store holds into a new one, checks the copy, lets it count, and deletes the old one. Answers the new one, and whether the old one is gone. */
export async function move(
  { store: from, name, close }: Moving,
  passphrase: string | undefined,
  tell: (progress: MoveProgress) => void,
  signal: AbortSignal,
): Promise<{ key: StoreKey; isOldGone: boolean }> {
  tell({ step: "gathering", done: 0, total: 0 });
  const place = await readPlace();
  await expectAlone(from);
  // Another tab may have been faster.
  if (place.store !== name) throw new InUseError("The data have just been moved or deleted by another tab");
  await expectRoom(from);
  const links = await settledLinks(from);
  const held = await contentsOf(from);
  const target = { name: freshName(), passphrase };
  // Named before it is made: whoever comes after a crash deletes it.
  await writePlace({ ...place, leavings: [...place.leavings, target.name] });
  try {
    await copy(from, target, held, tell, signal);
    tell({ step: "checking", done: held.records, total: held.records });
    await check(target, held, (store) => remakeLinks(store, links));
    // What a page that came meanwhile has written is in no copy.
    await expectAlone(from);
    signal.throwIfAborted();
    tell({ step: "ending", done: held.records, total: held.records });
    await close();
    await writePlace({ store: target.name, leavings: [...place.leavings, place.store] });
  } catch (error) {
    // The old store counts still; that the copy could not be deleted now is no other failure.
    await tidy().catch(() => undefined);
    throw error;
  }
  const isOldGone = await tidy().then(
    () => true,
    () => false,
  );
  return { key: target, isOldGone };
}

/** Deletes everything: an empty store counts from then on. Nobody has the old one open. */
export async function startAnew(): Promise<void> {
  const { store, leavings } = await readPlace();
  await writePlace({ store: freshName(), leavings: [...leavings, store] });
  await tidy();
}

async function copy(from: Store, target: StoreKey, held: Contents, tell: (progress: MoveProgress) => void, signal: AbortSignal): Promise<void> {
  const to = await openStore(target);
  try {
    let exported: Exported | undefined;
    const onProgress = ({ records }: Imported): void => tell({ step: "copying", done: records, total: held.records });
    onProgress({ collections: 0, records: 0, lost: 0 });
    const source = from.export({ onEnd: (told) => (exported = told) });
    const { collections, records, lost } = await to.import(source, { onProgress, signal });
    if (lost > 0 || exported?.records !== records || exported.collections !== collections) {
      throw new CopyError("What was written is not what was read");
    }
  } finally {
    await to.close();
  }
}

/** Opens the copy anew, as the next page will, and reads all of it. */
async function check(target: StoreKey, held: Contents, complete: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(target);
  try {
    const found = await contentsOf(store);
    const isSame = found.collections === held.collections && found.records === held.records && found.counts.size === held.counts.size;
    if (!isSame || [...held.counts].some(([key, count]) => found.counts.get(key) !== count)) {
      throw new CopyError(`The copy has ${String(found.records)} records in ${String(found.collections)} collections, not ${String(held.records)} in ${String(held.collections)}`);
    }
    await complete(store);
    const { ok, problems } = await store.verify({ deep: true });
    if (!ok) throw new CopyError(`The copy is damaged: ${problems[0]?.reason ?? "it cannot be read"}`);
  } finally {
    await store.close();
  }
}

async function contentsOf(store: Store): Promise<Contents> {
  const { collections, records } = await store.info();
  const counts = new Map<string, number>();
  for (let offset = 0; ; offset += PAGE) {
    const page = await store.listCollections({ limit: PAGE, offset });
    for (const collection of page) counts.set(`${collection.id} ${collection.name}`, await collection.count());
    if (page.length < PAGE) return { collections, records, counts };
  }
}

/** Pages that are no console, or of an earlier version, hold no lock of it, but they are counted. */
async function expectAlone(store: Store): Promise<void> {
  for (const end = Date.now() + GONE_MS; ; await new Promise((resume) => setTimeout(resume, 100))) {
    const { sharing } = await store.info();
    if (!sharing || sharing.contexts <= 1) return;
    if (Date.now() >= end) throw new InUseError("Nobody may write while the data are copied, but another page of this address has them open too");
  }
}

async function expectRoom(store: Store): Promise<void> {
  const { quota, sizes } = await store.info();
  if (!quota || quota.quota - quota.usage >= sizes.total_bytes * ROOM) return;
  throw new NoRoomError("The data are copied once before the old ones are deleted, and there is no room for that");
}
