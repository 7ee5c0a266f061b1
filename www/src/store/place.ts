/**
 * Which store the console opens. Encryption is chosen when a store is made, so that a change of it is a move into another one: this pointer says
 * which of the two counts. It is the one thing that is written when a move has succeeded.
 */

import { destroy, listStores } from "chromatid";
import { inOneTab } from "../lib/one-tab";
import { changeKept, readKept } from "./kept";

/** What is kept: the store that counts, and stores that do not and are to be deleted: half copies, and what was left after a move. */
export interface Place {
  store: string;
  leavings: readonly string[];
}

const FIRST = "console";
const KEY = "store";

/** How often, and after how many milliseconds, a deletion is tried that another tab's worker may still be in the way of. */
const TRIES = 6;
const PAUSE_MS = 250;

/** A name that no store had before. */
export const freshName = (): string => `${FIRST}-${crypto.randomUUID().slice(0, 8)}`;

/** The store that counts; where nothing was ever moved, or nothing is kept, the one that is there: one of memory never moves. */
export async function readPlace(): Promise<Place> {
  return ((await readKept(KEY)) as Place | undefined) ?? { store: await found(), leavings: [] };
}

/**
 * The store that is there. A browser that loses the pointer, as Chromium may when it is killed, has not lost the store that it named. Of several the
 * first counts, and none is deleted.
 */
async function found(): Promise<string> {
  const names = (await listStores()).map(({ name }) => name);
  return names.includes(FIRST) ? FIRST : (names.find((name) => name.startsWith(`${FIRST}-`)) ?? FIRST);
}

/** Durable once it resolves: what it does not name any more may be deleted. */
export async function writePlace(place: Place): Promise<void> {
  if (!(await changeKept(KEY, () => place))) throw new Error("This browser keeps no data: nothing can be moved");
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
