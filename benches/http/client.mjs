/**
 * The official JavaScript client, measured against one server: `node client.mjs URL SET ROWS`. Prints one line of JSON.
 * What is measured is what `client.py` measures, in the same order.
 */

import { ChromaClient } from "chromadb";

import { median, openSet, percentile } from "./set.mjs";

/** Or as many as the server says. */
const LARGE_BATCH = 5_000;
const SMALL_BATCH = 100;
const SMALL_ROWS = 5_000;
const PAGE = 100;
const PAGES = 50;

const [url = "", directory = "", rows = "0"] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const client = new ChromaClient({ host: hostname, port: Number(port) });
const set = openSet(directory, Number(rows));
const largeBatch = Math.min(LARGE_BATCH, await client.getMaxBatchSize());

const result = {
  client: "JavaScript",
  rows: set.rows,
  addLarge: await add("large", set.rows, largeBatch),
  addSmall: await add("small", Math.min(SMALL_ROWS, set.rows), SMALL_BATCH),
  queries: await queries(),
  pages: await pages(["documents", "metadatas"]),
  vectorPages: await pages(["documents", "metadatas", "embeddings"]),
};
console.log(JSON.stringify(result));

/**
 * Records per second.
 * @param {string} name
 * @param {number} count
 * @param {number} batch
 */
async function add(name, count, batch) {
  const collection = await client.createCollection({
    name, embeddingFunction: null, configuration: { hnsw: { space: "cosine" } },
  });
  let milliseconds = 0;
  for (let first = 0; first < count; first += batch) {
    const records = set.records(first, Math.min(batch, count - first));
    const started = performance.now();
    await collection.add(records);
    milliseconds += performance.now() - started;
  }
  return (count / milliseconds) * 1_000;
}

async function queries() {
  const collection = await client.getCollection({ name: "large", embeddingFunction: /** @type {any} */ (undefined) });
  const found = [];
  for (const filter of set.filters) {
    const times = [];
    let hits = 0;
    let wanted = 0;
    for (const [index, vector] of set.queries.entries()) {
      const where = set.where(filter, index);
      const started = performance.now();
      const { ids } = await collection.query({
        queryEmbeddings: [vector], nResults: 10, include: ["documents", "metadatas", "distances"], ...(where && { where }),
      });
      times.push(performance.now() - started);
      const nearest = set.neighbours(filter, index);
      hits += nearest.filter((row) => ids[0]?.includes(`r${row}`)).length;
      wanted += nearest.length;
    }
    found.push({ filter, recall: hits / wanted, p50: median(times), p99: percentile(times, 99) });
  }
  return found;
}

/**
 * Milliseconds a page.
 * @param {("documents" | "metadatas" | "embeddings")[]} include
 */
async function pages(include) {
  const collection = await client.getCollection({ name: "large", embeddingFunction: /** @type {any} */ (undefined) });
  const times = [];
  for (let page = 0; page < PAGES; page += 1) {
    const offset = Math.floor((page * (set.rows - PAGE)) / PAGES);
    const started = performance.now();
    const { ids } = await collection.get({ limit: PAGE, offset, include });
    times.push(performance.now() - started);
    if (ids.length !== PAGE) {
      throw new Error(`a page of ${ids.length} records`);
    }
  }
  return { p50: median(times), p99: percentile(times, 99) };
}
