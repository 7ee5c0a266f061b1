/** Synchronisation beside the official client: the same records to and from the same kind of server, each in an empty database. */

import { ChromaClient as OfficialClient } from "chromadb";
import { ChromaClient } from "chromatid";

const NAME = "measured";

/** Vectors of a write that a store takes at once. */
const BATCH = 5000;

/** Records of a page that a server answers well. */
const PAGE = 2000;

/**
 * @typedef {ReturnType<typeof import("../http/set.mjs").openSet>} RecordSource
 * @typedef {{ what: string, seconds: number, records: number, requests?: number, sent?: number, received?: number }} Row
 */

/**
 * @param {string} what
 * @param {number} records
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Row>}
 */
async function timed(what, records, work) {
  const begun = performance.now();
  await work();
  return { what, records, seconds: (performance.now() - begun) / 1000 };
}

/**
 * The official client, with the largest batches that the server takes.
 * @param {{ host: string, port: number }} remote
 * @param {RecordSource} set
 * @returns {Promise<Row[]>}
 */
export async function measureOfficial({ host, port }, set) {
  const client = new OfficialClient({ host, port, ssl: false });
  const collection = await client.createCollection({ name: NAME, embeddingFunction: null });
  const batch = await client.getMaxBatchSize();
  const pushed = await timed("official client: upsert", set.rows, async () => {
    for (let first = 0; first < set.rows; first += batch) {
      await collection.upsert(set.records(first, Math.min(batch, set.rows - first)));
    }
  });
  const pulled = await timed("official client: get", set.rows, async () => {
    for (let offset = 0; offset < set.rows; offset += PAGE) {
      await collection.get({ offset, limit: PAGE, include: ["documents", "embeddings", "metadatas", "uris"] });
    }
  });
  return [pushed, pulled];
}

/**
 * @param {{ host: string, port: number }} remote
 * @param {RecordSource} set
 * @returns {Promise<Row[]>}
 */
export async function measureLinks(remote, set) {
  const store = () => new ChromaClient({ storage: "memory", name: crypto.randomUUID() });
  const one = store();
  const collection = await one.createCollection({ name: NAME, embeddingFunction: null });
  for (let first = 0; first < set.rows; first += BATCH) {
    await collection.add(set.records(first, Math.min(BATCH, set.rows - first)));
  }
  const link = await one.link({ name: NAME }, { remote, interval: 0 });
  const rows = [await timed("link: first push", set.rows, () => link.sync())];
  const two = store();
  const other = await two.link({ name: NAME }, { remote, interval: 0 });
  rows.push(await timed("link: first pull", set.rows, () => other.sync()));
  // The overlap of pulls has passed the push by then.
  await new Promise((resolve) => setTimeout(resolve, 65_000));
  await link.sync();
  await other.sync();
  rows.push(await withTraffic(link, () => timed("link: nothing to do", 0, () => link.sync())));
  const changed = Array.from({ length: 100 }, (_, n) => `r${String(n * 7)}`);
  await collection.update({ ids: changed, metadatas: changed.map((_, n) => ({ changed: n })) });
  rows.push(await withTraffic(link, () => timed("link: 100 changes, sent", 100, () => link.sync())));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  rows.push(await withTraffic(other, () => timed("link: 100 changes, received", 100, () => other.sync())));
  await one.close();
  await two.close();
  return rows;
}

/**
 * @param {import("chromatid").Link} link
 * @param {() => Promise<Row>} work
 * @returns {Promise<Row>}
 */
async function withTraffic(link, work) {
  const before = (await link.status()).traffic;
  const row = await work();
  const after = (await link.status()).traffic;
  return {
    ...row,
    requests: after.requests - before.requests,
    sent: after.sent - before.sent,
    received: after.received - before.received,
  };
}
