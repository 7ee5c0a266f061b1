import type { Job } from "./job";

const STORAGE_KEY = "chromatid-console-import";

/** The import that an earlier page began and did not end. */
export function readJob(): Job | undefined {
  try {
    const job = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null") as Job | null;
    return job ?? undefined;
  } catch {
    // Storage may be blocked, or somebody else has written there.
    return undefined;
  }
}

/** Keeps how far an import is, or forgets it. A position that is a little behind does no harm: records are stored by their ids. */
export function writeJob(job: Job | undefined): void {
  try {
    if (job) localStorage.setItem(STORAGE_KEY, JSON.stringify(job));
    else localStorage.removeItem(STORAGE_KEY);
  } catch {
    // As above: the import then ends with its page.
  }
}
