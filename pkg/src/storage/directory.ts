/** Directories of the File System API, as far as a store needs them. */

/** An open file. Positions and lengths are in bytes. */
export interface SyncAccessHandle {
  /** Reads bytes from `at` on; answers how many: fewer than fit, 0 at the end of the file. */
  read(buffer: Uint8Array, options: { at: number }): number;
  /** Writes bytes from `at` on; answers how many. A thrown `QuotaExceededError` says that there is no room. */
  write(buffer: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  /** Returns when everything that was written is on the device. */
  flush(): void;
  /**
   * Begins to bring to the device what was written, while others run. Never rejects: the `flush` that follows throws what went wrong, and waits
   * for nothing if nothing was written since. Handles of browsers have no such thing.
   */
  flushAhead?(): Promise<void>;
  close(): void;
}

/** A file that can be opened, by one at a time. */
export interface StorageFile {
  /** Rejects with a `NoModificationAllowedError` while someone else has it open: then it is tried again for some seconds. */
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
}

/** A directory that holds one store, in the files that `docs/FORMAT.md` draws. */
export interface StorageDirectory {
  /** Clients with directories of one path share their store. Without a path it belongs to the client that opened it. */
  readonly path?: string;
  getFileHandle(name: string, options?: { create?: boolean }): Promise<StorageFile>;
}

/** Whether a storage that was given is a directory; else it is an adapter, or the name of a storage. */
export function isDirectory(storage: unknown): storage is StorageDirectory {
  return typeof (storage as Partial<StorageDirectory> | undefined)?.getFileHandle === "function";
}
