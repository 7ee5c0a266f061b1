// What the benchmark does in the page: the public package on OPFS, nothing else.
import * as chromatid from "/pkg/dist/entry/browser.js";
import { halfFloatRows, mixture } from "./data.js";

const BATCH = 1_000;
const QUERIES = 200;

const sources = {
  async wordnet() {
    const rows = await halfFloatRows("/fixtures/wordnet-5k/wordnet-5k.base.f16.bin");
    let next = 0;
    return () => rows[next++ % rows.length];
  },
  async mixture() {
    return mixture(7);
  },
};

async function queryVectors(data) {
  if (data === "wordnet") {
    return halfFloatRows("/fixtures/wordnet-5k/wordnet-5k.queries.f16.bin");
  }
  const next = mixture(1234);
  return Array.from({ length: 100 }, next);
}

const percentile = (times, p) => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor((times.length * p) / 100))];

async function timed(work) {
  const started = performance.now();
  const result = await work();
  return [performance.now() - started, result];
}

function records(first, count, next) {
  const index = Array.from({ length: count }, (_, i) => first + i);
  return {
    ids: index.map((i) => `record-${i}`),
    embeddings: index.map(() => next()),
    metadatas: index.map((i) => ({ tenth: i % 10, hundredth: i % 100 })),
  };
}

window.bench = {
  /** Fills a new store and measures it. */
  async fill(n, data) {
    const next = await sources[data]();
    const client = await chromatid.open({ name: "bench", storage: "opfs" });
    const collection = await client.createCollection({
      name: "bench",
      configuration: { hnsw: { space: "cosine" } },
      embeddingFunction: null,
    });
    let insert = 0;
    for (let first = 0; first < n; first += BATCH) {
      const batch = records(first, Math.min(BATCH, n - first), next);
      insert += (await timed(() => collection.add(batch)))[0];
    }
    const [compact] = await timed(() => client.compact());
    const [more] = await timed(async () => {
      for (let i = 0; i < 100; i += 1) {
        await collection.add(records(n + i, 1, next));
      }
    });
    const [together] = await timed(() => collection.add(records(n + 100, 100, next)));
    const queries = await queryVectors(data);
    const run = async (options) => {
      const times = [];
      for (let i = 0; i < QUERIES; i += 1) {
        const queryEmbeddings = [queries[i % queries.length]];
        times.push((await timed(() => collection.query({ queryEmbeddings, nResults: 10, include: ["distances"], ...options })))[0]);
      }
      return times;
    };
    await run({});
    const all = await run({});
    const tenth = await run({ where: { tenth: 3 } });
    const hundredth = await run({ where: { hundredth: 33 } });
    const info = await client.info();
    await client.close();
    return {
      "insert, vectors/s": n / (insert / 1000),
      "compaction of the rest, ms": compact,
      "100 durable writes one by one, ms": more,
      "100 records in one durable write, ms": together,
      "query p50, ms": percentile(all, 50),
      "query p99, ms": percentile(all, 99),
      "10 % filter p50, ms": percentile(tenth, 50),
      "1 % filter p50, ms": percentile(hundredth, 50),
      "bytes stored": info.sizes.total_bytes,
      "bytes stored per vector": info.sizes.total_bytes / n,
      "wasm memory, MB": info.memory.wasm_bytes / 1e6,
    };
  },

  /** Opens the store in a page that was just loaded and asks one question. */
  async reopen(data) {
    const queries = await queryVectors(data);
    const [work] = await timed(async () => {
      const client = await chromatid.open({ name: "bench", storage: "opfs" });
      const collection = await client.getCollection({ name: "bench" });
      await collection.query({ queryEmbeddings: [queries[0]], nResults: 10, include: ["distances"] });
    });
    return work;
  },
};
