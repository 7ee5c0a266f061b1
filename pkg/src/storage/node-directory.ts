/** A store in files under Node. */

import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import path from "node:path";

import type { StorageDirectory, StorageFile, SyncAccessHandle } from "./directory.js";
import { attempt, FileSystemError, makeDirectory, openFile } from "./node-files.js";
import { DirectoryLock } from "./node-lock.js";

/**
 * A directory of this machine that holds one store.
 *
 * **Durable.** A flush is `fdatasync` (`F_FULLFSYNC` on macOS), and the names of new files are flushed with their directory: what was
 * acknowledged survives a killed process, and a power cut as far as the device honours a flush.
 *
 * **Exclusive.** As long as one of its files is open, the file `lock` in the directory keeps out other processes, and other
 * instances in this one. {@link DirectoryLock} says how, and where that ends: file systems of other machines are not for stores.
 *
 * Errors have the names of the File System API: `NoModificationAllowedError` for a directory that is in use, `QuotaExceededError` for a
 * device without room (`ENOSPC`, `EDQUOT`), `NotAllowedError` for files that must not be written (`EACCES`, `EPERM`, `EROFS`).
 */
export class NodeDirectory implements StorageDirectory {
  /** Absolute and without symbolic links. */
  readonly path: string;
  readonly #lock: DirectoryLock;
  readonly #open = new Set<string>();

  /** Creates the directory if it does not exist. */
  constructor(directory: string) {
    this.path = attempt(() => makeDirectory(directory));
    this.#lock = new DirectoryLock(this.path);
  }

  /** A file of the directory. It is looked for, and created if `create` is set, when it is opened: not before the directory is ours. */
  getFileHandle(name: string, { create = false }: { create?: boolean } = {}): Promise<StorageFile> {
    const createSyncAccessHandle = () =>
      new Promise<SyncAccessHandle>((resolve) => {
        resolve(this.#openFile(name, create));
      });
    return Promise.resolve({ createSyncAccessHandle });
  }

  #openFile(name: string, create: boolean): SyncAccessHandle {
    const file = path.join(this.path, name);
    if (this.#open.has(name)) {
      throw new FileSystemError("NoModificationAllowedError", `${file} is open already in this process`);
    }
    if (this.#open.size === 0) {
      this.#lock.acquire();
    }
    try {
      const fd = attempt(() => openFile(file, create));
      this.#open.add(name);
      return new NodeAccessHandle(fd, this.#lock, () => this.#closed(name));
    } finally {
      this.#releaseIfUnused();
    }
  }

  #closed(name: string): void {
    this.#open.delete(name);
    this.#releaseIfUnused();
  }

  #releaseIfUnused(): void {
    if (this.#open.size === 0) {
      this.#lock.release();
    }
  }
}

class NodeAccessHandle implements SyncAccessHandle {
  /** `undefined` once it is closed: the system gives the number to the next file. */
  #fd: number | undefined;
  readonly #lock: DirectoryLock;
  readonly #onClose: () => void;

  constructor(fd: number, lock: DirectoryLock, onClose: () => void) {
    this.#fd = fd;
    this.#lock = lock;
    this.#onClose = onClose;
  }

  read(buffer: Uint8Array, { at }: { at: number }): number {
    return attempt(() => readSync(this.#opened(), buffer, 0, buffer.length, at));
  }

  write(buffer: Uint8Array, { at }: { at: number }): number {
    return this.#change((fd) => writeSync(fd, buffer, 0, buffer.length, at));
  }

  truncate(size: number): void {
    this.#change((fd) => ftruncateSync(fd, size));
  }

  getSize(): number {
    return attempt(() => fstatSync(this.#opened()).size);
  }

  flush(): void {
    this.#change(fdatasyncSync);
  }

  /** Never throws. */
  close(): void {
    const fd = this.#fd;
    if (fd === undefined) {
      return;
    }
    this.#fd = undefined;
    try {
      closeSync(fd);
    } catch {
      // What a flush has promised is on the device; about the rest nothing was promised.
    }
    this.#onClose();
  }

  #change<T>(change: (fd: number) => T): T {
    return attempt(() => {
      this.#lock.assertHeld();
      return change(this.#opened());
    });
  }

  #opened(): number {
    if (this.#fd === undefined) {
      throw new FileSystemError("InvalidStateError", "the file is closed");
    }
    return this.#fd;
  }
}
