/** Stores in directories under Node: what is kept, what is told of damage and of a full device. */

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "@playwright/test";
import { type ChromaClient, EphemeralClient, NodeDirectory, open, PersistentClient, type StorageDirectory } from "chromatid/node";

import { cases, tinyExpect } from "./official-behaviour";
import { thrown } from "./support/engine";
import { StoreProcess, withDirectory } from "./support/node-process";

const FILES = ["blocks", "directory.0", "directory.1", "log.0", "log.1", "root"];

/** Runs a program among mounts that end with it. */
const OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"];

for (const each of cases) {
  test(`in a directory: ${each.name}`, () =>
    withDirectory(async (directory) => {
      const client = new PersistentClient({ path: directory, versions: 3 });
      try {
        await each.run(client, tinyExpect);
      } finally {
        await client.close();
      }
    }));
}

async function fill(client: ChromaClient, name = "kept"): Promise<void> {
  const collection = await client.createCollection({ name, metadata: { purpose: "test" }, embeddingFunction: null });
  await collection.add({
    ids: ["a", "b"],
    embeddings: [[1, 0], [0, 1]],
    documents: ["first", "second"],
    metadatas: [{ n: 1 }, { n: 2, tags: ["x", "y"] }],
  });
}

async function expectFilled(client: ChromaClient): Promise<void> {
  const collection = await client.getCollection({ name: "kept" });
  expect(collection.metadata).toEqual({ purpose: "test" });
  const { ids, documents, metadatas, embeddings } = await collection.get({
    include: ["documents", "metadatas", "embeddings"],
  });
  expect({ ids, documents, metadatas, embeddings }).toEqual({
    ids: ["a", "b"],
    documents: ["first", "second"],
    metadatas: [{ n: 1 }, { n: 2, tags: ["x", "y"] }],
    embeddings: [[1, 0], [0, 1]],
  });
  expect((await collection.query({ queryEmbeddings: [[0, 2]], nResults: 1 })).ids).toEqual([["b"]]);
}

test("a store is there with everything in it when it is opened again, also after a compaction and from a copy", () =>
  withDirectory(async (parent) => {
    const directory = path.join(parent, "made", "for it");
    const client = new PersistentClient({ path: directory });
    await fill(client);
    expect(await client.info()).toMatchObject({ storage: "files", durability: "strict", fallbacks: [], worker: false });
    expect(readdirSync(directory).sort()).toEqual([...FILES, "lock"].sort());
    await client.close();
    expect(readdirSync(directory).sort()).toEqual(FILES);

    const again = await open({ storage: new NodeDirectory(directory) });
    await expectFilled(again);
    await again.compact();
    await again.close();
    const copy = path.join(parent, "copy");
    cpSync(directory, copy, { recursive: true });
    for (const each of [directory, copy]) {
      const client = new PersistentClient({ path: each });
      await expectFilled(client);
      await client.close();
    }
  }));

test("an encrypted store opens with its passphrase alone", () =>
  withDirectory(async (directory) => {
    const client = new PersistentClient({ path: directory, encryption: { passphrase: "correct" } });
    await fill(client);
    await client.close();
    const other = new PersistentClient({ path: directory, encryption: { passphrase: "wrong" } });
    expect((await thrown(() => other.heartbeat())).name).toBe("ChromaForbiddenError");
    const again = new PersistentClient({ path: directory, encryption: { passphrase: "correct" } });
    await expectFilled(again);
    await again.close();
  }));

test("clients of one directory share its store, however they name it, and the last closes it", () =>
  withDirectory(async (directory) => {
    const link = `${directory}-link`;
    symlinkSync(directory, link);
    const clients = [
      new PersistentClient({ path: directory }),
      new PersistentClient({ path: path.relative(process.cwd(), directory) }),
      await open({ storage: new NodeDirectory(link), name: "another" }),
    ] as const;
    await fill(clients[0]);
    await Promise.all(clients.map(expectFilled));
    const refused = await thrown(() => open({ storage: new NodeDirectory(directory), durability: "relaxed" }));
    expect(refused.message).toContain(`The store '${directory}' is open already with durability = strict`);
    await clients[0].close();
    await clients[1].close();
    await expectFilled(clients[2]);
    expect(existsSync(path.join(directory, "lock"))).toBe(true);
    await clients[2].close();
    expect(existsSync(path.join(directory, "lock"))).toBe(false);
    execFileSync("rm", [link]);
  }));

test("an ephemeral client has a store of its own, in memory", async () => {
  const clients = [new EphemeralClient(), new EphemeralClient({ tenant: "default_tenant" })] as const;
  await fill(clients[0]);
  expect(await clients[1].countCollections()).toBe(0);
  expect(await clients[0].info()).toMatchObject({ storage: "memory" });
  await Promise.all(clients.map((client) => client.close()));
});

test("damage is reported, and nothing is written over it", () =>
  withDirectory(async (directory) => {
    const client = new PersistentClient({ path: directory });
    await fill(client);
    await client.compact();
    await client.close();
    const pages = Array.from({ length: statSync(path.join(directory, "blocks")).size / 4096 }, (_, page) => page * 4096);
    for (const file of ["root", "log.0", "directory.0", "blocks"]) {
      const damaged = path.join(directory, "..", `${path.basename(directory)}-${file}`);
      cpSync(directory, damaged, { recursive: true });
      const bytes = readFileSync(path.join(damaged, file));
      // Of `root` both slots: one alone is made good by the other. Of the blocks all: some may be free.
      for (const page of { root: [0, 4096], blocks: pages }[file] ?? [0]) {
        bytes[page + 20] = (bytes[page + 20] ?? 0) ^ 1;
      }
      writeFileSync(path.join(damaged, file), bytes);
      const refused = await thrown(async () => {
        const client = await open({ storage: new NodeDirectory(damaged) });
        await expectFilled(client);
      });
      expect(refused).toMatchObject({ name: "ChromaServerError", cause: { name: "CorruptionError" } });
      expect(refused.message).toContain("nothing was changed");
      expect(readFileSync(path.join(damaged, file)).equals(bytes), `${file} is as it was found`).toBe(true);
      for (const other of FILES.filter((name) => name !== file)) {
        const kept = readFileSync(path.join(directory, other));
        expect(readFileSync(path.join(damaged, other)).equals(kept), `${other} beside a damaged ${file}`).toBe(true);
      }
      execFileSync("rm", ["-r", damaged]);
    }
  }));

test("a directory that cannot be had is named", () =>
  withDirectory(async (parent) => {
    const file = path.join(parent, "file");
    writeFileSync(file, "");
    for (const wanted of [file, path.join(file, "below")]) {
      const error = await thrown(() => Promise.resolve(new PersistentClient({ path: wanted })));
      expect(error.message).toContain(wanted);
    }
    mkdirSync(path.join(parent, "store", "log.0"), { recursive: true });
    const client = new PersistentClient({ path: path.join(parent, "store") });
    const refused = await thrown(() => client.heartbeat());
    expect(refused.message).toContain("EISDIR");
    expect(existsSync(path.join(parent, "store", "lock"))).toBe(false);
  }));

test("a handle is of one file, is exclusive, and takes nothing once it is closed", () =>
  withDirectory(async (parent) => {
    const directory = new NodeDirectory(parent);
    const file = await directory.getFileHandle("file", { create: true });
    const handle = await file.createSyncAccessHandle();
    expect((await thrown(() => file.createSyncAccessHandle())).name).toBe("NoModificationAllowedError");
    expect((await thrown(async () => (await directory.getFileHandle("none")).createSyncAccessHandle())).name).toBe("NotFoundError");
    expect(handle.write(new Uint8Array([1, 2, 3]), { at: 2 })).toBe(3);
    handle.flush();
    const bytes = new Uint8Array(8);
    expect([handle.getSize(), handle.read(bytes, { at: 1 }), [...bytes]]).toEqual([5, 4, [0, 1, 2, 3, 0, 0, 0, 0]]);
    expect(handle.read(bytes, { at: 5 })).toBe(0);
    handle.truncate(3);
    expect(statSync(path.join(parent, "file")).size).toBe(3);
    handle.close();
    handle.close();
    expect((await thrown(() => Promise.resolve(handle.getSize()))).name).toBe("InvalidStateError");
    expect((await thrown(() => Promise.resolve(handle.flush()))).name).toBe("InvalidStateError");
  }));

test("a flush that was begun ahead leaves nothing open, whenever the file is closed", () =>
  withDirectory(async (parent) => {
    const before = openFiles();
    const file = await new NodeDirectory(parent).getFileHandle("file", { create: true });
    const handle = await file.createSyncAccessHandle();
    handle.write(new Uint8Array([1, 2, 3]), { at: 0 });
    const [first, second] = [handle.flushAhead?.(), handle.flushAhead?.()];
    handle.write(new Uint8Array([4]), { at: 3 });
    handle.flush();
    await first;
    handle.flush();
    handle.close();
    await second;
    await handle.flushAhead?.();
    expect(openFiles()).toBe(before);
    expect([...readFileSync(path.join(parent, "file"))]).toEqual([1, 2, 3, 4]);
  }));

test("what goes wrong with a flush that was begun ahead is told by every flush after it", () =>
  withDirectory(async (parent) => {
    test.skip(process.platform !== "linux", "needs a device that cannot be flushed");
    symlinkSync("/dev/null", path.join(parent, "device"));
    const handle = await (await new NodeDirectory(parent).getFileHandle("device")).createSyncAccessHandle();
    await handle.flushAhead?.();
    for (const _ of [1, 2]) {
      const error = await thrown(() => Promise.resolve(handle.flush()));
      expect(error.message).toContain("fdatasync");
    }
    handle.close();
  }));

test.describe("a full device", () => {
  test.skip(process.platform !== "linux", "needs /dev/full, or a file system of its own");

  test("is a QuotaExceededError", () =>
    withDirectory(async (parent) => {
      symlinkSync("/dev/full", path.join(parent, "full"));
      const handle = await (await new NodeDirectory(parent).getFileHandle("full")).createSyncAccessHandle();
      const error = await thrown(() => Promise.resolve(handle.write(new Uint8Array(1), { at: 0 })));
      expect(error.name).toBe("QuotaExceededError");
      expect(error.message).toContain("ENOSPC");
      handle.close();
    }));

  test("refuses the write and changes nothing: reads go on, and writes once there is room", () =>
    withDirectory(async (parent) => {
      const room = { bytes: Infinity };
      const client = await open({ storage: limited(new NodeDirectory(parent), room) });
      await fill(client);
      room.bytes = 2_000;
      const collection = await client.getCollection({ name: "kept" });
      const large = { ids: ["c"], embeddings: [[1, 1]], documents: ["x".repeat(10_000)] };
      const refused = await thrown(() => collection.add(large));
      expect(refused).toMatchObject({ name: "ChromaQuotaExceededError", cause: { name: "StorageQuotaExceededError" } });
      await expectFilled(client);
      room.bytes = Infinity;
      await collection.add(large);
      expect(await collection.count()).toBe(3);
      await client.close();
      const again = new PersistentClient({ path: parent });
      expect(await (await again.getCollection({ name: "kept" })).count()).toBe(3);
      await again.close();
    }));

  test("of its own: everything that was acknowledged is there", () =>
    withDirectory(async (parent) => {
      const mount = `mount -t tmpfs -o size=3m tmpfs ${parent}`;
      test.skip(!succeeds([...OWN_MOUNTS, "sh", "-c", mount]), "mounting is not permitted here");
      // The store is copied out of the file system before that ends with its only process.
      const copy = `${parent}-copy`;
      const script = `${mount} && "$@"; cp -r ${parent} ${copy}`;
      const writer = new StoreProcess("write", parent, [...OWN_MOUNTS, "sh", "-c", script, "sh"]);
      await writer.ended;
      expect(writer.lines.at(-1)).toContain("failed ChromaQuotaExceededError");
      const client = new PersistentClient({ path: copy });
      const collection = await client.getCollection({ name: "writes" });
      const acknowledged = writer.lines.length - 1;
      expect(acknowledged).toBeGreaterThan(10);
      expect(await collection.count()).toBe(acknowledged * 20);
      await client.close();
      execFileSync("rm", ["-r", copy]);
    }));
});

test("a directory that must not be written is told so", () =>
  withDirectory(async (parent) => {
    const mount = `mount -t tmpfs -o ro tmpfs ${parent}`;
    test.skip(!succeeds([...OWN_MOUNTS, "sh", "-c", mount]), "mounting is not permitted here");
    const child = new StoreProcess("hold", parent, [...OWN_MOUNTS, "sh", "-c", `${mount} && exec "$@"`, "sh"]);
    expect(await child.ended).toBe(1);
    expect(child.lines).toEqual([expect.stringMatching(/^failed ChromaServerError: .*NotAllowedError: EROFS: read-only file system/)]);
  }));

/** How many files this process has open, where the system tells. */
function openFiles(): number | undefined {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : undefined;
}

/** A directory on a device that takes only so many bytes more. */
function limited(directory: NodeDirectory, room: { bytes: number }): StorageDirectory {
  return {
    async getFileHandle(name, options) {
      const file = await directory.getFileHandle(name, options);
      return {
        async createSyncAccessHandle() {
          const handle = await file.createSyncAccessHandle();
          const write = handle.write.bind(handle);
          handle.write = (buffer, { at }) => {
            const part = buffer.subarray(0, Math.min(buffer.length, room.bytes));
            if (part.length === 0) {
              throw Object.assign(new Error("ENOSPC"), { name: "QuotaExceededError" });
            }
            room.bytes -= part.length;
            return write(part, { at });
          };
          return handle;
        },
      };
    },
  };
}

function succeeds([program = "", ...args]: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
