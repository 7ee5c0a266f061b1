/** A store in files under Node. */

import { closeSync, constants, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
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
 * instances in this one. `node-lock.ts` says how, and where that ends: file systems of other machines are not for stores.
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
      return new NodeAccessHandle(file, fd, this.#lock, () => this.#closed(name));
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
  readonly #file: string;
  /** `undefined` once it is closed: the system gives the number to the next file. */
  #fd: number | undefined;
  readonly #lock: DirectoryLock;
  readonly #onClose: () => void;
  /** There are changes that no flush has begun after. */
  #changed = true;
  #ahead: FlushAhead | undefined;

  constructor(file: string, fd: number, lock: DirectoryLock, onClose: () => void) {
    this.#file = file;
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
    this.#change((fd) => {
      ftruncateSync(fd, size);
    });
  }

  getSize(): number {
    return attempt(() => fstatSync(this.#opened()).size);
  }

  flush(): void {
    attempt(() => {
      this.#lock.assertHeld();
      const fd = this.#opened();
      this.#ahead?.assertSucceeded();
      if (this.#changed || this.#ahead?.isUnderWay === true) {
        fdatasyncSync(fd);
        this.#changed = false;
      }
    });
  }

  flushAhead(): Promise<void> {
    const ahead = (this.#ahead ??= this.#startAhead());
    if (ahead === undefined) {
      return Promise.resolve();
    }
    this.#changed = false;
    return ahead.run();
  }

  /** `undefined` where the file cannot be opened a second time: then a flush does it all. */
  #startAhead(): FlushAhead | undefined {
    try {
      const file = fstatSync(this.#opened(), { bigint: true });
      const fd = openSync(this.#file, constants.O_RDWR);
      const second = fstatSync(fd, { bigint: true });
      // Another file may have been put in its place.
      if (file.dev === second.dev && file.ino === second.ino) {
        return new FlushAhead(fd);
      }
      closeSync(fd);
    } catch {
      // Closed, out of descriptors, or gone.
    }
    return undefined;
  }

  /** Never throws. */
  close(): void {
    const fd = this.#fd;
    if (fd === undefined) {
      return;
    }
    this.#fd = undefined;
    this.#ahead?.close();
    closeQuietly(fd);
    this.#onClose();
  }

  #change<T>(change: (fd: number) => T): T {
    return attempt(() => {
      this.#lock.assertHeld();
      const fd = this.#opened();
      this.#changed = true;
      return change(fd);
    });
  }

  #opened(): number {
    if (this.#fd === undefined) {
      throw new FileSystemError("InvalidStateError", "the file is closed");
    }
    return this.#fd;
  }
}

/**
 * Flushes of a file in another thread.
 *
 * They have a descriptor of their own: the system tells a failed flush once to each descriptor, so that what goes wrong here while the file is
 * also flushed by its other one is told to both.
 */
class FlushAhead {
  readonly #fd: number;
  #underWay = 0;
  #failure: Error | undefined;
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get isUnderWay(): boolean {
    return this.#underWay > 0;
  }

  /** Throws what the first flush that failed failed with: what it was about may be gone from memory too, and no later one can make it good. */
  assertSucceeded(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  run(): Promise<void> {
    this.#underWay += 1;
    return new Promise((resolve) => {
      fdatasync(this.#fd, (error) => {
        this.#underWay -= 1;
        this.#failure ??= error ?? undefined;
        this.#closeWhenDone();
        resolve();
      });
    });
  }

  /** Keeps the descriptor as long as a flush uses it: the system would give its number to another file. */
  close(): void {
    this.#closed = true;
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (this.#closed && this.#underWay === 0) {
      closeQuietly(this.#fd);
    }
  }
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // What a flush has promised is on the device; about the rest nothing was promised.
  }
}
