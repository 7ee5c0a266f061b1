/** Links that the user has paused, by the names of their replicas, which tell nothing: they stay so after a reload, in all tabs. */

const STORAGE_KEY = "chromatid-paused-links";

export function readPaused(): Set<string> {
  try {
    const replicas = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "[]") as unknown;
    return new Set(Array.isArray(replicas) ? replicas.map(String) : []);
  } catch {
    // Storage may be blocked, or somebody else has written there.
    return new Set();
  }
}

/** Adds a replica or takes it away; answers what is paused now. */
export function writePaused(replica: string, isPaused: boolean): Set<string> {
  const replicas = readPaused();
  if (isPaused) replicas.add(replica);
  else replicas.delete(replica);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify([...replicas]));
  } catch {
    // As above: the pause then lasts until the page is closed.
  }
  return replicas;
}

/** Forgets all of them. */
export function forgetPaused(): void {
  try {
    localStorage.removeItem(STORAGE_KEY);
  } catch {
    // As above.
  }
}
