/** The storages of Cloudflare over databases and buckets that page, fill up, or fail; workerd's own are in `tests/edge`. */

import { expect, test } from "@playwright/test";

import { mapConcurrently } from "../../pkg/src/storage/concurrency.js";
import { DurableObjectStorage } from "../../pkg/src/storage/durable-object.js";
import { type BlockBucket, type LogAndRoot, R2Storage } from "../../pkg/src/storage/r2.js";
import { joined, pieces, ROW_BYTES, slicesOf, type SqlStorage } from "../../pkg/src/storage/sqlite.js";
import { thrown } from "./support/engine.js";

const PAGE = 1000;

/** A bucket that lists in pages, and tells the most requests at a time. */
function bucketOf(objects: Map<string, Uint8Array>) {
  const seen = { atOnce: 0, deletions: [] as number[], lists: 0, read: [] as number[] };
  let running = 0;
  const request = async <T>(work: () => T): Promise<T> => {
    running += 1;
    seen.atOnce = Math.max(seen.atOnce, running);
    await new Promise((resolve) => setTimeout(resolve));
    running -= 1;
    return work();
  };
  const bucket: BlockBucket = {
    get: (key, { range } = { range: { offset: 0, length: Infinity } }) =>
      request(() => {
        const bytes = objects.get(key)?.subarray(range.offset, range.offset + range.length);
        seen.read.push(bytes?.length ?? 0);
        return bytes ? { arrayBuffer: () => Promise.resolve(bytes.slice().buffer) } : null;
      }),
    put: (key, value) => request(() => objects.set(key, value.slice())),
    delete: (keys) =>
      request(() => {
        seen.deletions.push(keys.length);
        keys.forEach((key) => objects.delete(key));
      }),
    list: ({ prefix, cursor = "" }) =>
      request(() => {
        seen.lists += 1;
        const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > cursor).sort();
        const page = keys.slice(0, PAGE).map((key) => ({ key, size: objects.get(key)?.length ?? 0 }));
        return { objects: page, truncated: keys.length > PAGE, cursor: page.at(-1)?.key };
      }),
  };
  return { bucket, seen };
}

/** A log that says in which order it was asked. */
function logOf(asked: string[], fence?: () => Promise<void>): LogAndRoot {
  const note = (name: string) => () => {
    asked.push(name);
    return Promise.resolve();
  };
  const sizes = { blocks: 0, blockBytes: 0, logBytes: 7, totalBytes: 9 };
  return {
    appendLog: note("appendLog"),
    readLog: () => [],
    dropLog: note("dropLog"),
    readRoot: () => undefined,
    writeRoot: note("writeRoot"),
    flush: note("flush"),
    usage: () => sizes,
    close: note("close"),
    clear: note("clear"),
    fence,
  };
}

const blocksOf = (ids: string[]) => ids.map((id, length) => ({ id, bytes: new Uint8Array(length) }));
const numbered = (count: number) => Array.from({ length: count }, (_, number) => `block${number}`);

test("blocks of a bucket are listed page by page, those of other stores are not, and deleted by the thousand", async () => {
  const objects = new Map([
    ["store/deeper/block", new Uint8Array(1)],
    ["store2/block", new Uint8Array(1)],
  ]);
  const ids = numbered(2500);
  ids.forEach((id) => objects.set(`store/${id}`, new Uint8Array(2)));
  const { bucket, seen } = bucketOf(objects);
  const store = new R2Storage({ bucket, prefix: "store", log: logOf([]) });
  expect((await store.listBlocks()).sort()).toEqual([...ids].sort());
  expect(await store.usage()).toEqual({ blocks: 2500, blockBytes: 5000, logBytes: 7, totalBytes: 5009 });
  expect(seen.lists).toBe(3);
  await store.deleteBlocks(ids);
  expect(seen.deletions).toEqual([1000, 1000, 500]);
  expect([...objects.keys()]).toEqual(["store/deeper/block", "store2/block"]);
  expect(await store.listBlocks()).toEqual([]);
});

test("requests to a bucket run a few at a time, and answers come in the order asked for", async () => {
  const { bucket, seen } = bucketOf(new Map());
  const store = new R2Storage({ bucket, prefix: "store", log: logOf([]) });
  const ids = numbered(40);
  await store.writeBlocks(blocksOf(ids));
  const found = await store.readBlocks([...ids].reverse());
  expect(found.map((bytes) => bytes?.length)).toEqual(ids.map((_, place) => 39 - place));
  expect(seen.atOnce).toBe(6);
});

test("of parts of blocks a bucket is asked once for each block, and not for what it cannot have", async () => {
  const { bucket, seen } = bucketOf(new Map());
  const store = new R2Storage({ bucket, prefix: "store", log: logOf([]) });
  const bytes = Uint8Array.from({ length: 1000 }, (_, place) => place % 251);
  await store.writeBlocks([{ id: "a", bytes }, { id: "b", bytes: bytes.slice(0, 10) }]);
  const part = (id: string, offset: number, length: number) => ({ id, offset, length });
  const parts = [part("a", 300, 20), part("b", 10, 0), part("a", 100, 50), part("b", 9, 2), part("none", 0, 0), part("a", 1000, 1)];
  const reading = store.readParts(parts);
  const deleting = store.deleteBlocks(["a"]);
  const wanted = [bytes.slice(300, 320), new Uint8Array(), bytes.slice(100, 150), undefined, undefined, undefined];
  expect(await reading).toEqual(wanted);
  expect(seen.read).toEqual([220]);
  await deleting;
  expect(await store.readParts([part("a", 0, 1)])).toEqual([undefined]);
});

test("a part of a content lies in pieces that make it up", () => {
  const bytes = Uint8Array.from({ length: 2 * ROW_BYTES }, (_, place) => place % 251);
  const rows = [...pieces(bytes)].map((row) => new Uint8Array(row));
  for (const [offset, length] of [[0, 0], [7, 5], [ROW_BYTES - 1, 2], [ROW_BYTES, 1], [0, 2 * ROW_BYTES], [ROW_BYTES, 0], [2 * ROW_BYTES, 0]] as const) {
    const read = slicesOf(offset, length).map((slice) => rows[slice.piece]?.slice(slice.offset, slice.offset + slice.length).buffer);
    expect(read).not.toContain(undefined);
    expect(Buffer.from(bytes.slice(offset, offset + length)).equals(joined(read as ArrayBuffer[]))).toBe(true);
  }
});

test("a root waits for the puts before it, and so does a flush; the log does not", async () => {
  const asked: string[] = [];
  const { bucket } = bucketOf(new Map());
  const put = bucket.put.bind(bucket);
  bucket.put = async (key, value) => {
    await put(key, value);
    asked.push("put");
  };
  const store = new R2Storage({ bucket, prefix: "store", log: logOf(asked) });
  await Promise.all([
    store.writeBlocks(blocksOf(["a"])),
    store.flush(),
    store.writeRoot({ generation: 1, bytes: new Uint8Array(1) }),
    store.appendLog([], "strict"),
  ]);
  expect(asked[0]).toBe("appendLog");
  expect(asked[1]).toBe("put");
  expect(asked.slice(2).sort()).toEqual(["flush", "writeRoot"]);
});

/** A bucket whose requests fail so often before they succeed, each for itself: `get` after it has answered, as an answer that breaks off. */
function unsteady(bucket: BlockBucket, failures: number) {
  const attempts = new Map<string, number>();
  const attempt = (request: string): boolean => {
    attempts.set(request, (attempts.get(request) ?? 0) + 1);
    return (attempts.get(request) ?? 0) <= failures;
  };
  const refuse = () => Promise.reject(new Error("We encountered an internal error. Please try again. (10001)"));
  const flaky: BlockBucket = {
    get: async (key, options) => {
      const object = await bucket.get(key, options);
      return attempt(`get ${key}`) ? { arrayBuffer: refuse } : object;
    },
    put: (key, value) => (attempt(`put ${key}`) ? refuse() : bucket.put(key, value)),
    delete: (keys) => (attempt(`delete ${keys.join()}`) ? refuse() : bucket.delete(keys)),
    list: (options) => (attempt(`list ${options.cursor ?? ""}`) ? refuse() : bucket.list(options)),
  };
  return { bucket: flaky, attempts };
}

test("a request to a bucket that fails is made again, three times in all", async () => {
  const objects = new Map<string, Uint8Array>();
  const [id = ""] = numbered(1);
  const blocks = [{ id, bytes: new Uint8Array([1, 2, 3]) }];
  const twice = unsteady(bucketOf(objects).bucket, 2);
  const store = new R2Storage({ bucket: twice.bucket, prefix: "store", log: logOf([]) });
  await store.writeBlocks(blocks);
  expect(await store.readBlock(id)).toEqual(new Uint8Array([1, 2, 3]));
  expect(await store.listBlocks()).toEqual([id]);
  await store.deleteBlocks([id]);
  expect([...twice.attempts.values()]).toEqual([3, 3, 3, 3]);
  expect(objects.size).toBe(0);

  const always = unsteady(bucketOf(objects).bucket, Infinity);
  const failing = new R2Storage({ bucket: always.bucket, prefix: "store", log: logOf([]) });
  expect((await thrown(() => failing.writeBlocks(blocks))).message).toContain("internal error");
  expect([...always.attempts]).toEqual([[`put store/${id}`, 3]]);
});

test("a deletion that is made again is not made by an owner that was replaced meanwhile", async () => {
  const objects = new Map([["store/block", new Uint8Array(1)]]);
  let owns = true;
  const fence = () => (owns ? Promise.resolve() : Promise.reject(new Error("this object was replaced")));
  const { bucket } = bucketOf(objects);
  const remove = bucket.delete.bind(bucket);
  bucket.delete = (keys) => {
    const first = owns;
    owns = false;
    return first ? Promise.reject(new Error("try again")) : remove(keys);
  };
  const store = new R2Storage({ bucket, prefix: "store", log: logOf([], fence) });
  expect((await thrown(() => store.deleteBlocks(["block"]))).message).toBe("this object was replaced");
  expect([...objects.keys()]).toEqual(["store/block"]);
});

test("an owner that was replaced deletes nothing in a bucket", async () => {
  const objects = new Map([["store/block", new Uint8Array(1)]]);
  const fence = () => Promise.reject(new Error("this object was replaced"));
  const store = new R2Storage({ bucket: bucketOf(objects).bucket, prefix: "store", log: logOf([], fence) });
  expect((await thrown(() => store.deleteBlocks(["block"]))).message).toBe("this object was replaced");
  expect(objects.size).toBe(1);
});

test("prefixes that would mix stores up are refused", () => {
  const { bucket } = bucketOf(new Map());
  for (const prefix of ["", "/a", "a/"]) {
    expect(() => new R2Storage({ bucket, prefix, log: logOf([]) })).toThrow(RangeError);
  }
  for (const prefix of ["", "a-b", "1a", "a; DROP TABLE b"]) {
    expect(() => new DurableObjectStorage(databaseOf(() => undefined), { prefix })).toThrow(RangeError);
  }
});

/** A database that only knows whether a statement fails. */
function databaseOf(fail: (query: string) => Error | undefined): SqlStorage {
  return {
    sql: {
      databaseSize: 0,
      exec(query) {
        const error = fail(query);
        if (error) {
          throw error;
        }
        return [];
      },
    },
    transactionSync: (transaction) => transaction(),
    sync: () => Promise.resolve(),
  };
}

test("a database without room is told by the name that the engine knows", async () => {
  const full = new Error("database or disk is full: SQLITE_FULL");
  const store = new DurableObjectStorage(databaseOf((query) => (query.startsWith("INSERT") ? full : undefined)));
  for (const write of [
    () => store.writeBlocks(blocksOf(["a"])),
    () => store.appendLog([{ sequence: 1, bytes: new Uint8Array(1) }], "strict"),
    () => store.writeRoot({ generation: 1, bytes: new Uint8Array(1) }),
  ]) {
    expect((await thrown(write)).name).toBe("QuotaExceededError");
  }
  const other = new DurableObjectStorage(databaseOf((query) => (query.startsWith("INSERT") ? new Error("no") : undefined)));
  expect(await thrown(() => other.writeBlocks(blocksOf(["a"])))).toMatchObject({ name: "Error", message: "no" });
});

test("no row is larger than the platform takes", async () => {
  for (const length of [0, 1, ROW_BYTES, ROW_BYTES + 1, 3 * ROW_BYTES]) {
    const bytes = Uint8Array.from({ length }, (_, place) => place % 251);
    const rows = [...pieces(bytes)];
    expect(rows).toHaveLength(Math.max(1, Math.ceil(length / ROW_BYTES)));
    expect(rows.every((row) => row.byteLength <= ROW_BYTES)).toBe(true);
    expect(Buffer.from(bytes).equals(joined(rows))).toBe(true);
  }
  // A view of a larger buffer keeps the rest of it to itself.
  expect([...pieces(new Uint8Array([1, 2, 3]).subarray(1, 2))][0]).toEqual(new Uint8Array([2]).buffer);
  const store = new DurableObjectStorage(databaseOf(() => undefined));
  const root = { generation: 1, bytes: new Uint8Array(ROW_BYTES + 1) };
  expect((await thrown(() => store.writeRoot(root))).message).toContain("does not fit a row");
});

test("after a failure nothing more is begun, and what was begun has ended", async () => {
  const [begun, ended] = [[] as number[], [] as number[]];
  const work = async (item: number) => {
    begun.push(item);
    await new Promise((resolve) => setTimeout(resolve, item === 1 ? 1 : 20));
    ended.push(item);
    if (item === 1) {
      throw new Error("the second");
    }
  };
  expect((await thrown(() => mapConcurrently([0, 1, 2, 3, 4], 2, work))).message).toBe("the second");
  expect(begun).toEqual([0, 1]);
  expect(ended).toEqual([1, 0]);
});
