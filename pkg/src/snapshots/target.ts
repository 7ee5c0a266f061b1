/** Where snapshots are published to, and read back from when the next generation is. */

import { SnapshotUnavailableError } from "./errors.js";
import { type Allowance, type Fetched, HttpSource, PACKS, type Source } from "./source.js";

/** A place of files: `<name>.cidm` and `packs/<64 hexadecimal digits>.cidp`. */
export interface SnapshotTarget {
  /** Writes a file. One of a pack is never written with other bytes. */
  put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Bytes of a file, all or a range; `undefined` if there is none. Without it every publication writes everything. */
  get?(name: string, start?: number, end?: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** A folder that a page was given, by its handle. */
export class FolderTarget implements SnapshotTarget {
  readonly #folder: FileSystemDirectoryHandle;

  constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  async put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    // Takes its place only when it is closed: nobody reads half of it.
    const writable = await (await this.#handle(name, true)).createWritable();
    await writable.write(bytes);
    await writable.close();
  }

  async get(name: string, start?: number, end?: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const file = await (await this.#handle(name, false)).getFile();
      return new Uint8Array(await file.slice(start, end).arrayBuffer());
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotFoundError") {
        return undefined;
      }
      throw error;
    }
  }

  async #handle(name: string, create: boolean): Promise<FileSystemFileHandle> {
    const path = name.split("/");
    const file = path.pop() ?? name;
    let folder = this.#folder;
    for (const part of path) {
      folder = await folder.getDirectoryHandle(part, { create });
    }
    return folder.getFileHandle(file, { create });
  }
}

/** An address below which files are put, and read from. */
export class PutTarget implements SnapshotTarget {
  readonly #url: URL;
  readonly #headers: HeadersInit;

  constructor(url: URL, headers: HeadersInit = {}) {
    this.#url = url.href.endsWith("/") ? url : new URL(`${url.href}/`);
    this.#headers = headers;
  }

  async put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const headers = new Headers(this.#headers);
    headers.set("Content-Type", "application/octet-stream");
    headers.set("Cache-Control", name.startsWith(PACKS) ? "public, max-age=31536000, immutable" : "max-age=60, stale-while-revalidate=600");
    const response = await fetch(new URL(name, this.#url), { method: "PUT", body: bytes, headers });
    await response.body?.cancel();
    if (!response.ok) {
      throw new SnapshotUnavailableError(`${response.url} did not take ${name}: it answered ${String(response.status)}`);
    }
  }

  /** What reads the snapshot of this name. */
  source(manifest: string): Source {
    const withHeaders: typeof fetch = (input, init) => {
      const headers = new Headers(this.#headers);
      new Headers(init?.headers).forEach((value, name) => headers.set(name, value));
      return fetch(input, { ...init, headers });
    };
    return new HttpSource(new URL(manifest, this.#url), { fetch: withHeaders });
  }
}

/** Reads a target. */
export class TargetSource implements Source {
  readonly #get: NonNullable<SnapshotTarget["get"]>;
  readonly #manifest: string;

  constructor(get: NonNullable<SnapshotTarget["get"]>, manifest: string) {
    this.#get = get;
    this.#manifest = manifest;
  }

  manifest(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#get(this.#manifest);
  }

  async range(pack: { name: string }, start: number, end: number, allowance: Allowance): Promise<Fetched> {
    const bytes = await this.#get(PACKS + pack.name, start, end);
    if (!bytes) {
      throw new SnapshotUnavailableError(`the pack ${pack.name} is not there`);
    }
    allowance.received += bytes.length;
    return { start, bytes };
  }
}
