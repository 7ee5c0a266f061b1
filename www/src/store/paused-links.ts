/** Links that the user has paused, by the names of their replicas, which tell nothing: they stay so after a reload, in all tabs. */

import { changeKept, readKept } from "./kept";

const KEY = "paused-links";

/** Where the browser keeps nothing a pause lasts until the page is closed. */
let fleeting: readonly string[] = [];

const setOf = (kept: unknown): Set<string> => new Set(Array.isArray(kept) ? kept.map(String) : fleeting);

export async function readPaused(): Promise<Set<string>> {
  return setOf(await readKept(KEY));
}

/** Adds a replica or takes it away. */
export async function writePaused(replica: string, isPaused: boolean): Promise<void> {
  await change((replicas) => (isPaused ? replicas.add(replica) : replicas.delete(replica)));
}

/** Forgets all of them. */
export async function forgetPaused(): Promise<void> {
  await change((replicas) => replicas.clear());
}

async function change(edit: (replicas: Set<string>) => unknown): Promise<void> {
  const edited = (kept: unknown): string[] => {
    const replicas = setOf(kept);
    edit(replicas);
    return [...replicas];
  };
  if (!(await changeKept(KEY, edited))) fleeting = edited(undefined);
}
