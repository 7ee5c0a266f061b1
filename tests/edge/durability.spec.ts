/** The client in Durable Objects: what was acknowledged outlives the object and the process. */

import { type Edge, expect, test } from "./fixtures";
import type { Request } from "./worker/object";

const MEBIBYTE = 1024 * 1024;

/** More than a row of the database holds, and less than the engine's bound of 40 MiB for a write. */
const LARGE_DOCUMENT = 3 * MEBIBYTE;
const LARGE_WRITE_RECORDS = 4;

interface GetAnswer {
  ids: string[];
  documents: (string | null)[];
}

/** One store in an object of its own. */
function storeOf(edge: Edge, storage: "sqlite" | "r2", name = "store") {
  const ask = (request: Request) => edge.ask(`object/${name}`, request);
  return {
    on: (on: string, method: string, args?: unknown) => ask({ call: "method", storage, on, method, args }),
    client: (method: string) => ask({ call: "method", storage, method }),
    write: (records: number, dimension: number) => ask({ call: "write", storage, records, dimension }),
    litter: () => ask({ call: "litter" }),
    abort: () => expect(ask({ call: "abort" })).rejects.toThrow(),
  };
}

/** The document of a record: long, and different everywhere. */
function documentOf(record: number, length: number): string {
  const line = `record ${record} `;
  return line.repeat(Math.ceil(length / line.length)).slice(0, length);
}

for (const storage of ["sqlite", "r2"] as const) {
  test(`${storage}: what was written is there after the object and the process ended`, async ({ start }) => {
    const edge = await start("stores");
    const store = storeOf(edge, storage);
    const ids = Array.from({ length: 100 }, (_, record) => `r${record}`);
    await store.on("things", "add", {
      ids,
      embeddings: ids.map((_, record) => [record, 1, 0]),
      documents: ids.map((id) => `the document of ${id}`),
    });
    await store.client("compact");
    await store.on("things", "update", { ids: ["r7"], embeddings: [[7, 1, 0]], documents: ["changed after the compaction"] });
    await store.abort();
    expect(await store.on("things", "count")).toBe(100);
    await store.on("things", "delete", { ids: ["r8"] });
    await edge.stop();

    const again = storeOf(await start("stores"), storage);
    expect(await again.on("things", "count")).toBe(99);
    expect(await again.on("things", "get", { ids: ["r7", "r8"] })).toMatchObject({
      ids: ["r7"],
      documents: ["changed after the compaction"],
    });
    const nearest = { queryEmbeddings: [[41, 1, 0]], nResults: 2, whereDocument: { $regex: "r4[0-2]$" } };
    expect(await again.on("things", "query", nearest)).toMatchObject({ ids: [["r41", "r40"]], distances: [[0, 1]] });
    expect(await again.client("info")).toMatchObject({ storage: "adapter", worker: false, collections: 1 });
  });

  test(`${storage}: documents and writes larger than a row`, async ({ start }) => {
    test.setTimeout(120_000);
    const store = storeOf(await start("stores"), storage);
    const ids = Array.from({ length: LARGE_WRITE_RECORDS }, (_, record) => `large${record}`);
    const documents = ids.map((_, record) => documentOf(record, LARGE_DOCUMENT));
    await store.on("large", "add", { ids, embeddings: ids.map((_, record) => [record]), documents });
    // From the log, and then from blocks.
    for (const end of ["abort", "compact", "abort"] as const) {
      await (end === "abort" ? store.abort() : store.client("compact"));
      const found = (await store.on("large", "get", { include: ["documents"] })) as GetAnswer;
      expect(found.ids).toEqual(ids);
      expect(found.documents.map((document, record) => document === documents[record])).toEqual(ids.map(() => true));
    }
  });
}

test("objects of one isolate keep their stores apart, and one that ends does not disturb the others", async ({ start }) => {
  const edge = await start("stores");
  const stores = Array.from({ length: 8 }, (_, number) => storeOf(edge, "sqlite", `object${number}`));
  await Promise.all(
    stores.map(async (store, number) => {
      await store.on("things", "add", { ids: ["same"], embeddings: [[number]], documents: [`of object ${number}`] });
      if (number % 2 === 0) {
        await store.abort();
      }
      await store.client("compact");
    }),
  );
  const found = await Promise.all(stores.map((store) => store.on("things", "get", { ids: ["same"] })));
  expect(found.map((answer) => (answer as GetAnswer).documents)).toEqual(stores.map((_, number) => [`of object ${number}`]));
});

test("a store goes on after the isolate has collected its garbage", async ({ start }) => {
  const store = storeOf(await start("stores"), "sqlite");
  await store.on("things", "add", { ids: ["a"], embeddings: [[1]] });
  await store.litter();
  await store.on("things", "add", { ids: ["b"], embeddings: [[2]] });
  expect(await store.on("things", "count")).toBe(2);
});

test("a store in one object counts what it occupies", async ({ start }) => {
  const store = storeOf(await start("stores"), "sqlite");
  await store.write(30, 32);
  await store.client("compact");
  const { sizes } = (await store.client("info")) as { sizes: Record<string, number> };
  await store.abort();
  const { sizes: counted } = (await store.client("info")) as { sizes: Record<string, number> };
  expect(counted).toMatchObject({ blocks: sizes.blocks, block_bytes: sizes.block_bytes, log_bytes: sizes.log_bytes });
  expect(sizes.blocks).toBeGreaterThan(0);
});
