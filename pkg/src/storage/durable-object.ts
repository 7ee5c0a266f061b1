/** A store in the SQLite database of a Durable Object. */

import type { BlockPart, LogFrame, NewBlock, RootRecord, StorageAdapter, StorageUsage } from "./adapter.js";
import { bufferOf, joined, type PieceSlice, pieces, ROW_BYTES, slicesOf, type SqlStorage, type SqlValue, withQuotaName } from "./sqlite.js";

/** Options of {@link DurableObjectStorage}. */
export interface DurableObjectStorageOptions {
  /** What the names of the store's tables begin with. Default `"chromatid"`: `chromatid_blocks`, `chromatid_log`, `chromatid_state`. */
  prefix?: string;
}

/** Ids that one statement names: as JSON, some 40 bytes each, they are a text of a hundredth of what the platform takes. */
const IDS_PER_STATEMENT = 500;

interface Sizes {
  blocks: number;
  blockBytes: number;
  logBytes: number;
}

/**
 * Keeps a store in tables beside those of the object's author. The class of the object has to be SQLite-backed (`new_sqlite_classes`), and the
 * object is the only owner of its stores.
 *
 * Blocks and frames that are larger than a row lie in several. What is acknowledged has been confirmed by `sync()`. The platform's output gates
 * are less: they keep the world from seeing an answer before the writes behind it are on disk, but the code that made them goes on at
 * once. The engine, on the word that a root is durable, deletes what only the root before it needs, and tells other requests and live
 * queries of the same object what was written.
 */
export class DurableObjectStorage implements StorageAdapter {
  readonly #storage: SqlStorage;
  readonly #blocks: string;
  readonly #log: string;
  readonly #state: string;
  /** Counted once, then kept up to date: a count reads every row. */
  #sizes: Sizes | undefined;

  /** Makes the tables if they are not there. Throws a RangeError if `prefix` is no plain name. */
  constructor(storage: SqlStorage, { prefix = "chromatid" }: DurableObjectStorageOptions = {}) {
    if (!/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/.test(prefix)) {
      throw new RangeError(`the prefix of tables has to be letters, digits and underscores, and to begin with a letter: ${prefix}`);
    }
    this.#storage = storage;
    this.#blocks = `${prefix}_blocks`;
    this.#log = `${prefix}_log`;
    this.#state = `${prefix}_state`;
    // Blocks are long: rows by number with an index of ids keep the tree that is searched short. Frames are short, and read in their order.
    this.#run(`CREATE TABLE IF NOT EXISTS ${this.#blocks} (id TEXT, part INTEGER, bytes BLOB, PRIMARY KEY (id, part))`);
    this.#run(
      `CREATE TABLE IF NOT EXISTS ${this.#log} (sequence INTEGER, part INTEGER, bytes BLOB, PRIMARY KEY (sequence, part)) WITHOUT ROWID`,
    );
    this.#run(`CREATE TABLE IF NOT EXISTS ${this.#state} (name TEXT PRIMARY KEY, number INTEGER, bytes BLOB) WITHOUT ROWID`);
  }

  readBlock(id: string): Uint8Array | undefined {
    return this.#read([id]).get(id);
  }

  readBlocks(ids: string[]): (Uint8Array | undefined)[] {
    const found = new Map<string, Uint8Array>();
    for (const some of batches(ids)) {
      this.#read(some).forEach((bytes, id) => found.set(id, bytes));
    }
    return ids.map((id) => found.get(id));
  }

  /** The database reads the rows; only the parts leave it. */
  readParts(parts: BlockPart[]): (Uint8Array | undefined)[] {
    const slices = parts.map(({ id, offset, length }) => slicesOf(offset, length).map((slice) => ({ id, ...slice })));
    const found = this.#readSlices(slices.flat());
    let end = 0;
    return slices.map((those) => {
      const read = found.slice(end, (end += those.length));
      return read.includes(undefined) ? undefined : joined(read as ArrayBuffer[]);
    });
  }

  writeBlocks(blocks: NewBlock[]): void {
    this.#change(() => {
      for (const { id, bytes } of blocks) {
        let part = 0;
        for (const piece of pieces(bytes)) {
          this.#run(`INSERT INTO ${this.#blocks} VALUES (?, ?, ?)`, id, part++, piece);
        }
      }
    });
    this.#count("blocks", blocks.length);
    this.#count("blockBytes", total(blocks));
  }

  deleteBlocks(ids: string[]): void {
    let [gone, bytes] = [0, 0];
    this.#change(() => {
      for (const some of batches(ids)) {
        const rows = this.#run(
          `DELETE FROM ${this.#blocks} WHERE id IN (SELECT value FROM json_each(?)) RETURNING part, length(bytes) AS size`,
          JSON.stringify(some),
        );
        for (const { part, size } of rows) {
          gone += part === 0 ? 1 : 0;
          bytes += Number(size);
        }
      }
    });
    this.#count("blocks", -gone);
    this.#count("blockBytes", -bytes);
  }

  listBlocks(): string[] {
    return this.#run(`SELECT id FROM ${this.#blocks} WHERE part = 0`).map(({ id }) => id as string);
  }

  async appendLog(frames: LogFrame[], durability: "strict" | "relaxed"): Promise<void> {
    this.#change(() => {
      for (const { sequence, bytes } of frames) {
        let part = 0;
        for (const piece of pieces(bytes)) {
          this.#run(`INSERT INTO ${this.#log} VALUES (?, ?, ?)`, sequence, part++, piece);
        }
      }
    });
    this.#count("logBytes", total(frames));
    if (durability === "strict") {
      await this.flush();
    }
  }

  readLog(from: number): Uint8Array[] {
    const frames: ArrayBuffer[][] = [];
    const rows = this.#run(`SELECT part, bytes FROM ${this.#log} WHERE sequence >= ? ORDER BY sequence, part`, from);
    for (const { part, bytes } of rows) {
      if (part === 0) {
        frames.push([]);
      }
      frames.at(-1)?.push(bytes as ArrayBuffer);
    }
    return frames.map(joined);
  }

  dropLog(below: number): void {
    const rows = this.#run(`DELETE FROM ${this.#log} WHERE sequence < ? RETURNING length(bytes) AS size`, below);
    this.#count("logBytes", -rows.reduce((sum, { size }) => sum + Number(size), 0));
  }

  readRoot(): RootRecord | undefined {
    const [row] = this.#run(`SELECT number, bytes FROM ${this.#state} WHERE name = 'root'`);
    return row && { generation: Number(row.number), bytes: new Uint8Array(row.bytes as ArrayBuffer) };
  }

  async writeRoot({ generation, bytes }: RootRecord): Promise<void> {
    if (bytes.length > ROW_BYTES) {
      throw new RangeError(`a root of ${bytes.length} bytes does not fit a row, which takes ${ROW_BYTES}`);
    }
    this.#run(`INSERT OR REPLACE INTO ${this.#state} VALUES ('root', ?, ?)`, generation, bufferOf(bytes));
    await this.flush();
  }

  async flush(): Promise<void> {
    try {
      await this.#storage.sync();
    } catch (error) {
      throw withQuotaName(error);
    }
  }

  /**
   * Writes something and waits until it is durable. That fails if the platform has meanwhile started this object anew somewhere else:
   * what was listed outside of the object before this call, and belongs to it, was written by this object or one before it.
   */
  async fence(): Promise<void> {
    this.#run(`INSERT INTO ${this.#state} VALUES ('fence', 1, NULL) ON CONFLICT DO UPDATE SET number = number + 1`);
    await this.flush();
  }

  /** `totalBytes` is the size of the object's database, with whatever else it holds. */
  usage(): StorageUsage {
    this.#sizes ??= this.#measure();
    return { ...this.#sizes, totalBytes: this.#storage.sql.databaseSize };
  }

  /** Nothing has to be let go of: the database is the object's. */
  async close(): Promise<void> {
    await this.flush();
  }

  async clear(): Promise<void> {
    this.#change(() => {
      for (const table of [this.#blocks, this.#log, this.#state]) {
        this.#run(`DELETE FROM ${table}`);
      }
    });
    this.#sizes = { blocks: 0, blockBytes: 0, logBytes: 0 };
    await this.flush();
  }

  #read(ids: string[]): Map<string, Uint8Array> {
    const parts = new Map<string, ArrayBuffer[]>();
    const rows = this.#run(
      `SELECT id, bytes FROM ${this.#blocks} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id, part`,
      JSON.stringify(ids),
    );
    for (const { id, bytes } of rows) {
      const block = parts.get(id as string) ?? [];
      block.push(bytes as ArrayBuffer);
      parts.set(id as string, block);
    }
    return new Map([...parts].map(([id, block]) => [id, joined(block)]));
  }

  /** Undefined for a slice that does not lie in its row, or whose row does not exist. */
  #readSlices(slices: (PieceSlice & { id: string })[]): (ArrayBuffer | undefined)[] {
    return [...batches(slices)].flatMap((some) => {
      const found: (ArrayBuffer | undefined)[] = some.map(() => undefined);
      const rows = this.#run(
        `SELECT wanted.key AS place, length(bytes) AS size, substr(bytes, (wanted.value ->> 2) + 1, wanted.value ->> 3) AS bytes
         FROM json_each(?) AS wanted JOIN ${this.#blocks} AS blocks ON blocks.id = wanted.value ->> 0 AND blocks.part = wanted.value ->> 1`,
        JSON.stringify(some.map(({ id, piece, offset, length }) => [id, piece, offset, length])),
      );
      for (const { place, size, bytes } of rows) {
        const slice = some[Number(place)];
        if (slice && slice.offset + slice.length <= Number(size)) {
          found[Number(place)] = bytes as ArrayBuffer;
        }
      }
      return found;
    });
  }

  #measure(): Sizes {
    const [blocks] = this.#run(`SELECT sum(part = 0) AS blocks, sum(length(bytes)) AS bytes FROM ${this.#blocks}`);
    const [log] = this.#run(`SELECT sum(length(bytes)) AS bytes FROM ${this.#log}`);
    return { blocks: Number(blocks?.blocks), blockBytes: Number(blocks?.bytes), logBytes: Number(log?.bytes) };
  }

  #count(what: keyof Sizes, more: number): void {
    if (this.#sizes) {
      this.#sizes[what] += more;
    }
  }

  #change(statements: () => void): void {
    try {
      this.#storage.transactionSync(statements);
    } catch (error) {
      throw withQuotaName(error);
    }
  }

  /** Runs a statement to its end: its cursor would not stay valid through the next one. */
  #run(query: string, ...bindings: SqlValue[]): Record<string, SqlValue>[] {
    try {
      return [...this.#storage.sql.exec(query, ...bindings)];
    } catch (error) {
      throw withQuotaName(error);
    }
  }
}

function total(contents: { bytes: Uint8Array }[]): number {
  return contents.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function* batches<T>(items: T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += IDS_PER_STATEMENT) {
    yield items.slice(start, start + IDS_PER_STATEMENT);
  }
}
