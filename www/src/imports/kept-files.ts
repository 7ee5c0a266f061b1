/**
 * Copies of the files of an import, so that a later page can go on with it: handles of the files themselves would have to be
 * allowed anew by the user, and only some browsers have them. They are deleted with the end of the import.
 */

const FOLDER = "chromatid-console-imports";
const COPY_BYTES = 4 * 1024 * 1024;

interface SyncHandle {
  write(bytes: ArrayBuffer, options: { at: number }): number;
  flush(): void;
  close(): void;
}

/** Copies files; false where there is no place or no room for that. In a worker. */
export async function keepFiles(id: string, files: readonly File[]): Promise<boolean> {
  try {
    const { quota = 0, usage = 0 } = await navigator.storage.estimate();
    const size = files.reduce((sum, file) => sum + file.size, 0);
    // The records need room too.
    if (size > (quota - usage) / 4) return false;
    const folder = await folderOf(id, true);
    for (const [i, file] of files.entries()) await copy(file, await folder.getFileHandle(String(i), { create: true }));
    return true;
  } catch {
    await forgetFiles(id);
    return false;
  }
}

async function copy(file: File, to: FileSystemFileHandle): Promise<void> {
  const handle = await (to as FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> }).createSyncAccessHandle();
  try {
    for (let at = 0; at < file.size; at += COPY_BYTES) handle.write(await file.slice(at, at + COPY_BYTES).arrayBuffer(), { at });
    handle.flush();
  } finally {
    handle.close();
  }
}

/** The copies of an import, in order. */
export async function keptFiles(id: string, names: readonly string[]): Promise<File[]> {
  const folder = await folderOf(id, false);
  return Promise.all(names.map(async (name, i) => new File([await (await folder.getFileHandle(String(i))).getFile()], name)));
}

export async function forgetFiles(id: string): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory();
    await (await root.getDirectoryHandle(FOLDER)).removeEntry(id, { recursive: true });
  } catch {
    // There is none, or it cannot be had: then nothing is kept either.
  }
}

/** Deletes the copies of all imports. */
export async function forgetAllFiles(): Promise<void> {
  try {
    await (await navigator.storage.getDirectory()).removeEntry(FOLDER, { recursive: true });
  } catch {
    // As above.
  }
}

async function folderOf(id: string, create: boolean): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return (await root.getDirectoryHandle(FOLDER, { create })).getDirectoryHandle(id, { create });
}
