// Files in OPFS, for stores that have no storage of their own. Only in a dedicated worker.

async function withFile(name, work) {
  const directory = await navigator.storage.getDirectory();
  const handle = await (await directory.getFileHandle(name, { create: true })).createSyncAccessHandle();
  try {
    return work(handle);
  } finally {
    handle.close();
  }
}

/** Replaces a file; it is durable when the promise resolves. */
export const writeFile = (name, bytes) =>
  withFile(name, (handle) => {
    handle.truncate(0);
    handle.write(bytes, { at: 0 });
    handle.flush();
  });

/** Adds to the end of a file; durable when the promise resolves. */
export const appendFile = (name, bytes) =>
  withFile(name, (handle) => {
    handle.write(bytes, { at: handle.getSize() });
    handle.flush();
  });

export const readFile = (name) =>
  withFile(name, (handle) => {
    const bytes = new Uint8Array(handle.getSize());
    handle.read(bytes, { at: 0 });
    return bytes;
  });
