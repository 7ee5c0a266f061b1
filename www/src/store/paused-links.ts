/** Links that the user has paused: they stay so after a reload, in all tabs. */

const STORAGE_KEY = "chromatid-paused-links";

export function readPaused(): Set<string> {
  try {
    const names = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "[]") as unknown;
    return new Set(Array.isArray(names) ? names.map(String) : []);
  } catch {
    // Storage may be blocked, or somebody else has written there.
    return new Set();
  }
}

/** Adds a name or takes it away; answers what is paused now. */
export function writePaused(name: string, isPaused: boolean): Set<string> {
  const names = readPaused();
  if (isPaused) names.add(name);
  else names.delete(name);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify([...names]));
  } catch {
    // As above: the pause then lasts until the page is closed.
  }
  return names;
}
