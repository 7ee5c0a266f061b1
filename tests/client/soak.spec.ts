/**
 * A store that is changed for a long time: what it answers stays right, its files stay near the size of what they hold, its memory stays where it
 * was. `CHROMATID_SOAK_OPERATIONS=1000000` goes on longer; `CHROMATID_SEED` is another run.
 */

import { readdirSync, statSync } from "node:fs";
import path from "node:path";

import { expect, test } from "@playwright/test";
import type { Collection } from "chromatid";
import { PersistentClient } from "chromatid/node";

import { withDirectory } from "./support/node-process";
import { seededRandom } from "./support/random";

const OPERATIONS = Number(process.env.CHROMATID_SOAK_OPERATIONS ?? 20_000);
const SEED = Number(process.env.CHROMATID_SEED ?? 1);

const RECORDS = 4_000;
const DIMENSION = 64;
const BATCH = 100;

/** Batches between two moments of housekeeping, as idle time would give them. */
const BUSY = 10;

/** How many times as much as a store that was just filled with the same records the files may take. */
const BLOAT = 2.5;

/** Memory that may still come after the first fifth, in bytes: wasm takes it in steps, and never gives it back. */
const GROWTH = 8 * 1024 * 1024;

interface Stored {
  document: string;
  n: number;
}

test("many changes leave neither bloat nor growth nor wrong answers behind", () =>
  withDirectory(async (directory) => {
    test.setTimeout(60_000 + OPERATIONS * 5);
    const random = seededRandom(SEED);
    const below = (bound: number) => Math.floor(random() * bound);
    const client = new PersistentClient({ path: path.join(directory, "soaked"), housekeeping: "manual" });
    const collection = await client.createCollection({ name: "soaked", embeddingFunction: null });
    const model = new Map<string, Stored>();
    let next = 0;

    const vector = () => Float32Array.from({ length: DIMENSION }, () => random() - 0.5);
    const document = () => Array.from({ length: 3 + below(40) }, () => `word${String(below(2_000))}`).join(" ");
    const add = async (ids: string[]) => {
      const records = ids.map((): Stored => ({ document: document(), n: below(1_000) }));
      await collection.upsert({
        ids,
        embeddings: ids.map(vector),
        documents: records.map((record) => record.document),
        metadatas: records.map(({ n }) => ({ n })),
      });
      ids.forEach((id, place) => model.set(id, records[place] as Stored));
    };
    const fresh = (count: number) => Array.from({ length: count }, () => `record-${String(next++)}`);
    const known = (count: number) => {
      const ids = [...model.keys()];
      return [...new Set(Array.from({ length: count }, () => ids[below(ids.length)] as string))];
    };
    const change = async () => {
      const kind = random();
      if (kind < 0.5) {
        await add(known(BATCH));
      } else if (kind < 0.75) {
        const ids = known(BATCH);
        const documents = ids.map(document);
        await collection.update({ ids, documents, embeddings: ids.map(vector) });
        ids.forEach((id, place) => model.set(id, { ...(model.get(id) as Stored), document: documents[place] as string }));
      } else {
        const gone = known(BATCH / 2);
        await collection.delete({ ids: gone });
        gone.forEach((id) => model.delete(id));
        await add(fresh(RECORDS - model.size));
      }
    };
    const rest = async () => {
      while (await client.maintain()) {
        // Each call is one step.
      }
    };

    for (let first = 0; first < RECORDS; first += BATCH) {
      await add(fresh(BATCH));
    }
    await rest();
    let [largest, early] = [0, 0];
    const batches = Math.ceil(OPERATIONS / BATCH);
    for (let batch = 0; batch < batches; batch += 1) {
      await change();
      if (batch % BUSY === BUSY - 1) {
        await rest();
        largest = Math.max(largest, bytesIn(path.join(directory, "soaked")));
        early = batch < batches / 5 ? (await client.info()).memory.wasm_bytes : early;
      }
    }
    await rest();
    expect((await client.info()).memory.wasm_bytes - early).toBeLessThan(GROWTH);
    await expectModel(collection, model);
    expect(await client.verify({ deep: true })).toMatchObject({ ok: true, records: RECORDS });

    const copy = new PersistentClient({ path: path.join(directory, "copy"), housekeeping: "manual" });
    await copy.import(client.export());
    await copy.compact();
    await Promise.all([client.close(), copy.close()]);
    expect(largest / bytesIn(path.join(directory, "copy"))).toBeLessThan(BLOAT);
  }));

async function expectModel(collection: Collection, model: ReadonlyMap<string, Stored>): Promise<void> {
  const { ids, documents, metadatas } = await collection.get({ include: ["documents", "metadatas"] });
  expect(ids.length).toBe(model.size);
  ids.forEach((id, place) => {
    const found = { document: documents[place], n: metadatas[place]?.["n"] };
    expect(found, id).toEqual(model.get(id));
  });
  const wanted = [...model].filter(([, { n, document }]) => n >= 500 && document.includes("word7 ")).map(([id]) => id);
  const filtered = await collection.get({ where: { n: { $gte: 500 } }, whereDocument: { $contains: "word7 " }, include: [] });
  expect(filtered.ids.toSorted()).toEqual(wanted.toSorted());
}

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
}
