/** Snapshots on hosts and networks that do not do what they should: the answer is right, or a typed error. */

import { gzipSync } from "node:zlib";

import { expect, test } from "@playwright/test";
import { type Collection, open } from "chromatid";
import {
  openSnapshot,
  publish,
  type Snapshot,
  SnapshotBudgetError,
  SnapshotCorruptError,
  SnapshotError,
  SnapshotUnavailableError,
  SnapshotVersionError,
} from "chromatid/snapshots";

import { seededRandom } from "./support/random";
import { type Exchange, Files, recordsOf, type SnapshotHost, vectorOf, withHost } from "./support/snapshot-host";

const RECORDS = 1_000;
const DIMENSION = 8;
const QUERY = { queryEmbeddings: [vectorOf(42, DIMENSION)], nResults: 3 };

/** Nothing that was read is kept between openings. */
const fresh = { cache: "memory", cacheBytes: 8 << 20, attempts: 2, timeout: 2_000 } as const;

async function withPublished(work: (host: SnapshotHost, files: Files, collection: Collection) => Promise<void>): Promise<void> {
  const client = await open({ storage: "memory" });
  try {
    const collection = await client.createCollection({ name: "things", embeddingFunction: null });
    await collection.add(recordsOf(RECORDS, DIMENSION));
    const files = new Files();
    await publish(collection, { target: files });
    await withHost(files, async (host) => work(host, files, collection));
  } finally {
    await client.close();
  }
}

const opened = (host: SnapshotHost, options: object = {}): Promise<Snapshot> =>
  openSnapshot(`${host.url}things.cidm`, { ...fresh, ...options });

/** Faults of packs: the manifest is answered as it should be. */
const ofPacks = (fault: (exchange: Exchange) => void) => (exchange: Exchange) =>
  exchange.name.startsWith("packs/") ? fault(exchange) : exchange.answer();

test("a host without ranges sends whole packs, once", async () => {
  await withPublished(async (host) => {
    host.fault = ofPacks(({ response, file }) => response.writeHead(200).end(file));
    const snapshot = await opened(host);
    expect((await snapshot.query(QUERY)).ids[0]?.[0]).toBe("id-42");
    const packs = host.asked.filter((name) => name.startsWith("packs/"));
    expect((await snapshot.query({ ...QUERY, queryEmbeddings: [vectorOf(7, DIMENSION)] })).ids[0]?.[0]).toBe("id-7");
    expect(new Set(packs).size).toBeGreaterThan(0);
    expect(host.asked.filter((name) => name.startsWith("packs/"))).toHaveLength(packs.length);
    const thrifty = await opened(host, { maxBytes: 60_000 });
    await expect(thrifty.get({ limit: 5 })).rejects.toThrow(SnapshotBudgetError);
  });
});

const WRONG: Record<string, (exchange: Exchange) => void> = {
  "another range than was asked for": ({ response, file, range }) => {
    const start = (range?.start ?? 0) + 1;
    const end = range?.end ?? 0;
    response.writeHead(206, { "content-range": `bytes ${String(start)}-${String(end)}/9` }).end(file?.subarray(start, end + 1));
  },
  "a truncated body": ({ response, file, range }) => {
    response.writeHead(206).end(file?.subarray(range?.start, (range?.end ?? 1) - 1));
  },
  "a body that is too long": ({ response, file, range }) => {
    response.writeHead(206).end(Buffer.concat([file?.subarray(range?.start, range?.end) ?? new Uint8Array(), Buffer.from("more")]));
  },
  "one altered byte": ({ response, file, range }) => {
    const body = Buffer.from(file?.slice(range?.start, range?.end) ?? []);
    body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
    response.writeHead(206).end(body);
  },
  "a range of the compressed pack": ({ response, file, range }) => {
    response.writeHead(206).end(gzipSync(file ?? new Uint8Array()).subarray(range?.start, range?.end));
  },
  "another file in the place of a pack": ({ response }) => response.writeHead(200).end("<html>not found</html>"),
};

for (const [what, fault] of Object.entries(WRONG)) {
  test(`${what} is noticed, and asked for again where that helps`, async () => {
    await withPublished(async (host) => {
      host.fault = ofPacks(fault);
      const snapshot = await opened(host);
      await expect(snapshot.query(QUERY)).rejects.toThrow(SnapshotCorruptError);
      // Wrong once each, as a cache on the way may be.
      const seen = new Set<string>();
      host.fault = ofPacks((exchange) => {
        const key = `${exchange.name} ${String(exchange.range?.start)}`;
        const isFirst = !seen.has(key);
        seen.add(key);
        return isFirst ? fault(exchange) : exchange.answer();
      });
      expect((await snapshot.query(QUERY)).ids[0]?.[0]).toBe("id-42");
    });
  });
}

test("a pack that was swapped for another one is noticed", async () => {
  await withPublished(async (host, files) => {
    const names = [...files.files.keys()].filter((name) => name.startsWith("packs/"));
    const packs = names.map((name) => files.files.get(name) ?? new Uint8Array());
    names.forEach((name, at) => files.files.set(name, packs[(at + 1) % packs.length] ?? new Uint8Array()));
    const snapshot = await opened(host);
    await expect(snapshot.query(QUERY)).rejects.toThrow(SnapshotError);
    await expect(snapshot.prefetch({ all: true })).rejects.toThrow(SnapshotError);
  });
});

test("statuses that pass are waited for, others are told", async () => {
  await withPublished(async (host) => {
    for (const status of [429, 500, 503]) {
      const seen = new Set<string>();
      host.fault = (exchange) => {
        const key = `${exchange.name} ${String(exchange.range?.start)}`;
        if (seen.has(key)) {
          exchange.answer();
        } else {
          seen.add(key);
          exchange.response.writeHead(status, { "retry-after": "0" }).end();
        }
      };
      const snapshot = await opened(host);
      expect((await snapshot.query(QUERY)).ids[0]?.[0]).toBe("id-42");
    }
    for (const status of [403, 404, 416, 500]) {
      host.fault = ofPacks(({ response }) => response.writeHead(status, { "retry-after": "0" }).end());
      const snapshot = await opened(host);
      await expect(snapshot.query(QUERY)).rejects.toThrow(SnapshotUnavailableError);
    }
  });
});

test("a connection that breaks, and one that never ends, are given up", async () => {
  await withPublished(async (host) => {
    host.fault = ofPacks(({ response }) => response.destroy());
    await expect((await opened(host)).query(QUERY)).rejects.toThrow(SnapshotUnavailableError);
    host.fault = ofPacks(({ response, file, range }) => {
      response.writeHead(206);
      response.write(file?.subarray(range?.start, (range?.start ?? 0) + 1));
    });
    await expect((await opened(host, { timeout: 200 })).query(QUERY)).rejects.toThrow(SnapshotUnavailableError);
  });
});

test("a manifest that is none, is damaged or of a later version is refused", async () => {
  await withPublished(async (host, files) => {
    const good = files.files.get("things.cidm") ?? new Uint8Array();
    const answers = async (bytes: Uint8Array<ArrayBuffer>) => {
      files.files.set("things.cidm", bytes);
      return opened(host);
    };
    await expect(answers(new TextEncoder().encode("<html>"))).rejects.toThrow(SnapshotCorruptError);
    await expect(answers(good.slice(0, -1))).rejects.toThrow(SnapshotCorruptError);
    const altered = good.slice();
    altered[100] = (altered[100] ?? 0) ^ 4;
    await expect(answers(altered)).rejects.toThrow(SnapshotCorruptError);
    const later = good.slice();
    later[4] = 2;
    await expect(answers(later)).rejects.toThrow(SnapshotVersionError);
    expect(await (await answers(good)).count()).toBe(RECORDS);
  });
});

test("a new manifest before its packs are there is an error, and the old one goes on", async () => {
  await withPublished(async (host, files, collection) => {
    const snapshot = await opened(host);
    const before = new Set(files.files.keys());
    await collection.update({ ids: ["id-1"], documents: ["edited"], embeddings: [vectorOf(1, DIMENSION)] });
    await publish(collection, { target: files });
    const added = [...files.files].filter(([name]) => !before.has(name));
    added.forEach(([name]) => files.files.delete(name));
    expect((await snapshot.query(QUERY)).ids[0]?.[0]).toBe("id-42");
    const newer = await opened(host);
    await expect(newer.get({ ids: ["id-1"] })).rejects.toThrow(SnapshotUnavailableError);
    added.forEach(([name, bytes]) => files.files.set(name, bytes));
    expect((await newer.get({ ids: ["id-1"] })).documents).toEqual(["edited"]);
  });
});

test("whatever a bad network does at random, an answer is right", async () => {
  await withPublished(async (host) => {
    const random = seededRandom(11);
    const faults = Object.values(WRONG);
    host.fault = ofPacks((exchange) => {
      const fault = random() < 0.15 ? faults[Math.floor(random() * faults.length)] : undefined;
      return fault ? fault(exchange) : exchange.answer();
    });
    let answered = 0;
    for (let n = 0; n < 60; n += 1) {
      const snapshot = await opened(host);
      try {
        const { ids } = await snapshot.query({ queryEmbeddings: [vectorOf(n, DIMENSION)], nResults: 1 });
        expect(ids).toEqual([[`id-${String(n)}`]]);
        answered += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(SnapshotError);
      } finally {
        snapshot.close();
      }
    }
    expect(answered).toBeGreaterThan(20);
  });
});
