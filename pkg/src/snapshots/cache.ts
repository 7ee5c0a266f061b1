/** What was read of snapshots, kept for the next time: in the origin's private files, else in memory. */

/** Bytes under the names of parts, packs and manifests. What comes out is verified by whoever asked. */
export interface BlockCache {
  /** All bytes of a name, or a range of them. */
  get(name: string, start?: number, end?: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  delete(name: string): Promise<void>;
  has(name: string): Promise<boolean>;
  /** Bytes that it holds. */
  bytes(): number;
}

/** Names and sizes, the one used last at the end. */
class Sizes {
  readonly #sizes = new Map<string, number>();
  total = 0;

  touch(name: string): void {
    const size = this.#sizes.get(name);
    if (size !== undefined) {
      this.#sizes.delete(name);
      this.#sizes.set(name, size);
    }
  }

  set(name: string, size: number): void {
    this.remove(name);
    this.#sizes.set(name, size);
    this.total += size;
  }

  remove(name: string): void {
    this.total -= this.#sizes.get(name) ?? 0;
    this.#sizes.delete(name);
  }

  has(name: string): boolean {
    return this.#sizes.has(name);
  }

  /** What has to go for the rest to be within `most`, the longest unused first. What has to stay does. */
  *beyond(most: number): Generator<string> {
    let total = this.total;
    for (const [name, size] of this.#sizes) {
      if (total <= most) {
        return;
      }
      if (!isKept(name)) {
        total -= size;
        yield name;
      }
    }
  }
}

/** Manifests and what was seen of generations are small, and without them nothing else is of use. */
function isKept(name: string): boolean {
  return name.startsWith("manifest-") || name.startsWith("seen-");
}

/** A cache that ends with the page. */
export class MemoryCache implements BlockCache {
  readonly #blocks = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #sizes = new Sizes();

  constructor(readonly maxBytes: number) {}

  get(name: string, start?: number, end?: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#sizes.touch(name);
    return Promise.resolve(this.#blocks.get(name)?.slice(start, end));
  }

  put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#blocks.set(name, bytes.slice());
    this.#sizes.set(name, bytes.length);
    for (const old of [...this.#sizes.beyond(this.maxBytes)]) {
      void this.delete(old);
    }
    return Promise.resolve();
  }

  delete(name: string): Promise<void> {
    this.#blocks.delete(name);
    this.#sizes.remove(name);
    return Promise.resolve();
  }

  has(name: string): Promise<boolean> {
    return Promise.resolve(this.#blocks.has(name));
  }

  bytes(): number {
    return this.#sizes.total;
  }
}

/** The folder in the origin's private files. */
const FOLDER = "chromatid-snapshots";

/** A cache in the origin's private files, which tabs share: what one has put there, others find. */
export class OpfsCache implements BlockCache {
  readonly #folder: FileSystemDirectoryHandle;
  readonly #sizes = new Sizes();

  private constructor(
    folder: FileSystemDirectoryHandle,
    readonly maxBytes: number,
  ) {
    this.#folder = folder;
  }

  /** None where the platform has no private files, or a file cannot be written to from here. */
  static async open(maxBytes: number): Promise<OpfsCache | undefined> {
    try {
      const root = await navigator.storage.getDirectory();
      const cache = new OpfsCache(await root.getDirectoryHandle(FOLDER, { create: true }), maxBytes);
      await cache.#list();
      return "createWritable" in FileSystemFileHandle.prototype ? cache : undefined;
    } catch {
      return undefined;
    }
  }

  async #list(): Promise<void> {
    const files: { name: string; size: number; modified: number }[] = [];
    const entries = (this.#folder as unknown as { values(): AsyncIterable<FileSystemHandle> }).values();
    for await (const entry of entries) {
      if (entry.kind === "file") {
        const { size, lastModified } = await (entry as FileSystemFileHandle).getFile();
        files.push({ name: entry.name, size, modified: lastModified });
      }
    }
    files.sort((a, b) => a.modified - b.modified);
    files.forEach(({ name, size }) => this.#sizes.set(name, size));
  }

  async get(name: string, start?: number, end?: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const file = await (await this.#folder.getFileHandle(name)).getFile();
      this.#sizes.touch(name);
      return new Uint8Array(await file.slice(start, end).arrayBuffer());
    } catch {
      // Not there, or another tab made room.
      return undefined;
    }
  }

  async put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      const writable = await (await this.#folder.getFileHandle(name, { create: true })).createWritable();
      await writable.write(bytes);
      await writable.close();
      this.#sizes.set(name, bytes.length);
    } catch {
      // A cache that is full or was cleared keeps less; what was read is there all the same.
      return;
    }
    for (const old of [...this.#sizes.beyond(this.maxBytes)]) {
      await this.delete(old);
    }
  }

  async delete(name: string): Promise<void> {
    this.#sizes.remove(name);
    await this.#folder.removeEntry(name).catch(() => undefined);
  }

  async has(name: string): Promise<boolean> {
    return this.#folder.getFileHandle(name).then(
      () => true,
      () => false,
    );
  }

  bytes(): number {
    return this.#sizes.total;
  }
}
