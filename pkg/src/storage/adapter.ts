/**
 * Where a store may live instead of a browser's storages: in an object that the caller gives.
 *
 * A store holds three things. *Blocks* are immutable bytes by id. The *log* is a sequence of frames, each written before it is
 * acknowledged, and dropped once the blocks hold what it says. The *root* is one small record that names the blocks in use. The engine
 * commits by writing blocks, flushing, and replacing the root; it recovers by reading the root and the log after it. Blocks that a crash
 * left behind before a root named them are found by `listBlocks` and deleted after the next opening.
 */

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** A block on its way into the store. */
export interface NewBlock {
  /** A UUID that was never used before. */
  id: string;
  /** Some 128 KiB as a rule; a record that is larger has a block of its own, of up to 80 MiB. */
  bytes: Uint8Array;
}

/** Some bytes of a block. */
export interface BlockPart {
  /** Of the block. */
  id: string;
  /** Where they start in it. */
  offset: number;
  length: number;
}

/** A frame of the log. */
export interface LogFrame {
  /** One more than that of the frame before it; the first is 1. */
  sequence: number;
  /** One group of writes, up to 80 MiB. */
  bytes: Uint8Array;
}

/** The root record. */
export interface RootRecord {
  /** One more than that of the record which it replaces; the first is 1. */
  generation: number;
  /** At most 4,000 bytes. */
  bytes: Uint8Array;
}

/** What a store occupies, in bytes; `blocks` is how many there are. */
export interface StorageUsage {
  blocks: number;
  /** Of the blocks' content. */
  blockBytes: number;
  /** Of the frames that are not dropped. */
  logBytes: number;
  /** On the device in all. */
  totalBytes: number;
}

/**
 * The object that a store lives in: the `storage` of a client.
 *
 * Each method may return its value or a promise of it. Calls may overlap: they take effect in the order in which they are made, and each
 * is atomic. The bytes that a method takes are the adapter's to keep; those that it answers are copied at once.
 *
 * A thrown error named `QuotaExceededError` says that there is no room and that nothing changed. After any other error the engine calls
 * nothing more; whoever opens the store next finds what was acknowledged. An adapter belongs to one open store at a time.
 */
export interface StorageAdapter {
  /** Bytes of a block, or undefined if there is none. */
  readBlock(id: string): Awaitable<Uint8Array | undefined>;
  /** Optional: several blocks at once, results in the order of `ids`. */
  readBlocks?(ids: string[]): Awaitable<(Uint8Array | undefined)[]>;
  /**
   * Optional: parts of blocks, results in the order of `parts`; undefined for one that does not lie in its block, or whose block does not exist.
   * A search reads single vectors of 1.5 kB so, out of blocks of 128 KiB, which it reads whole where this is missing.
   */
  readParts?(parts: BlockPart[]): Awaitable<(Uint8Array | undefined)[]>;
  /** Writes new blocks, all or none: they can be read at once, and are durable after `flush`. */
  writeBlocks(blocks: NewBlock[]): Awaitable<void>;
  /** Deletes blocks; ids that do not exist are passed over. */
  deleteBlocks(ids: string[]): Awaitable<void>;
  /** The ids of all blocks, in any order. */
  listBlocks(): Awaitable<string[]>;
  /** Appends frames, all or none. `"strict"`: durable when it returns. `"relaxed"`: durable after `flush`. */
  appendLog(frames: LogFrame[], durability: "strict" | "relaxed"): Awaitable<void>;
  /** The bytes of the frames with a sequence number of at least `from`, ascending. */
  readLog(from: number): Awaitable<Uint8Array[]>;
  /** Forgets the frames with a sequence number below `below`. The last frame is never dropped. */
  dropLog(below: number): Awaitable<void>;
  /** The root record, or undefined in a store that never had one. */
  readRoot(): Awaitable<RootRecord | undefined>;
  /** Replaces the root, atomically and durably. */
  writeRoot(root: RootRecord): Awaitable<void>;
  /** Makes everything that was written before durable. */
  flush(): Awaitable<void>;
  usage(): Awaitable<StorageUsage>;
  /** Lets go of the store, after a `flush`. */
  close(): Awaitable<void>;
  /** Removes everything: afterwards the store is as new. */
  clear(): Awaitable<void>;
}
