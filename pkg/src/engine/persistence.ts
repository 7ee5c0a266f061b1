/** What the browser says about keeping an origin's data. */

/** Whether the browser promised not to evict the data, and whether it was asked. */
export interface Persistence {
  persisted: boolean;
  requested: boolean;
}

/** Bytes of the origin's storage; the quota is the browser's estimate. */
export interface Quota {
  usage: number;
  quota: number;
}

/** How long to wait for an answer of the storage manager: Firefox may wait for a prompt forever. */
const TIMEOUT_MS = 1000;

/** Asks for persistent storage. Answers whether it could be asked; the decision may come later. */
export function requestPersistence(): boolean {
  const manager = storageManager();
  if (typeof manager?.persist !== "function") {
    return false;
  }
  void inTime(manager.persist(), false);
  return true;
}

/** Whether the origin's data is safe from eviction, as far as the browser says so in time. */
export async function isPersisted(): Promise<boolean> {
  const manager = storageManager();
  return typeof manager?.persisted === "function" ? inTime(manager.persisted(), false) : false;
}

/** The origin's usage and quota, where the browser tells. */
export async function estimateQuota(): Promise<Quota | null> {
  const manager = storageManager();
  const estimate = typeof manager?.estimate === "function" ? await inTime(manager.estimate(), null) : null;
  return estimate && { usage: estimate.usage ?? 0, quota: estimate.quota ?? 0 };
}

function storageManager(): Partial<StorageManager> | undefined {
  return typeof navigator === "undefined" ? undefined : navigator.storage;
}

/** The promise's value, or `otherwise` when it fails or takes too long. */
async function inTime<T>(promise: Promise<T>, otherwise: T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), TIMEOUT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } catch {
    return otherwise;
  } finally {
    clearTimeout(timer);
  }
}
