/** Files of the operating system: durable directories, and its errors under the names of the File System API. */

import { closeSync, constants, fsyncSync, mkdirSync, openSync, realpathSync } from "node:fs";
import path from "node:path";

/** What the engine tells errors apart by: their names, as the File System API has them. */
export class FileSystemError extends Error {
  constructor(name: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  ENOSPC: "QuotaExceededError",
  EDQUOT: "QuotaExceededError",
  ENOENT: "NotFoundError",
  EACCES: "NotAllowedError",
  EPERM: "NotAllowedError",
  EROFS: "NotAllowedError",
};

/** Runs an operation on files. What the system refuses is thrown under a name of the File System API, if there is one. */
export function attempt<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    const name = NAMES[errorCode(error) ?? ""];
    throw name === undefined ? error : new FileSystemError(name, (error as Error).message, { cause: error });
  }
}

/** The system's name of an error, for instance `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Makes a directory, durably, with those that it lies in; answers its path without links, in the spelling of the file system. */
export function makeDirectory(directory: string): string {
  const absolute = path.resolve(directory);
  const first = mkdirSync(absolute, { recursive: true });
  if (first !== undefined) {
    for (let made = absolute; made.length >= first.length; made = path.dirname(made)) {
      syncDirectory(path.dirname(made));
    }
  }
  return realpathSync.native(absolute);
}

/** Opens a file for reading and writing; a new one is durably there when this returns. */
export function openFile(file: string, create: boolean): number {
  try {
    return openSync(file, constants.O_RDWR);
  } catch (error) {
    if (!create || errorCode(error) !== "ENOENT") {
      throw error;
    }
  }
  const fd = openSync(file, constants.O_RDWR | constants.O_CREAT);
  syncDirectory(path.dirname(file));
  return fd;
}

/** Makes the names in a directory durable. */
function syncDirectory(directory: string): void {
  // Windows opens no directories; NTFS keeps names in its journal.
  if (process.platform === "win32") {
    return;
  }
  const fd = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } catch (error) {
    // The file system has no such thing, so there is nothing to wait for.
    if (errorCode(error) !== "EINVAL") {
      throw error;
    }
  } finally {
    closeSync(fd);
  }
}
