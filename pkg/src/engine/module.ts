/** How the files of compiled modules are loaded. */

/** The file of a module where it lies on a disk and Node can read it; else `undefined`: it is to be fetched. */
export async function readModule(url: URL): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (url.protocol !== "file:" || !process?.versions?.node) {
    return undefined;
  }
  // The name is a variable so that bundlers for browsers do not look for the module.
  const module = "node:fs/promises";
  const { readFile } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as {
    readFile: (url: URL) => Promise<Uint8Array<ArrayBuffer>>;
  };
  return readFile(url);
}

/** The bytes of a module. */
export async function loadBytes(url: URL): Promise<BufferSource> {
  const bytes = await readModule(url);
  if (bytes) {
    return bytes;
  }
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url.href} answered ${String(response.status)}`);
  }
  return response.arrayBuffer();
}
