/** What contexts of one origin share: locks and channels. */

import { lockManager } from "../life.js";

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request<T>(name: string, options: LockOptions, callback: (lock: unknown) => Promise<T> | T): Promise<T>;
}

/** The part of a `BroadcastChannel` that is used. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

/** The means by which contexts agree; tests bring their own. */
export interface Platform {
  locks: Locks;
  channel(name: string): Channel;
  /** Milliseconds of a clock that is never set. */
  now(): number;
  /** Calls back once, later; answers what takes that back. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** The platform, where it has all that sharing takes. */
export async function sharingPlatform(): Promise<Platform | undefined> {
  const locks = lockManager();
  if (!locks || typeof BroadcastChannel !== "function" || !(await grants(locks))) {
    return undefined;
  }
  return {
    locks,
    channel: (name) => new BroadcastChannel(name),
    now: () => performance.now(),
    after: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}

/** Whether locks are given at all: where site data are blocked, and in pages without an origin, each request is refused. */
async function grants(locks: Locks): Promise<boolean> {
  try {
    await locks.request("chromatid/probe", { ifAvailable: true }, () => undefined);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether synchronous file handles exist in this context. The storages of one store are told apart by it before any is opened, so that
 * contexts that will use the same one meet.
 */
export async function hasOpfs(): Promise<boolean> {
  const handle = (globalThis as { FileSystemFileHandle?: { prototype: object } }).FileSystemFileHandle;
  if (!handle || !("createSyncAccessHandle" in handle.prototype)) {
    return false;
  }
  try {
    await navigator.storage.getDirectory();
    return true;
  } catch {
    return false;
  }
}
