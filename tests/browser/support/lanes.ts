/**
 * Writers that do one step after the other, each when the last was acknowledged. What a lane leaves behind is therefore the state after a whole
 * number of steps, at least as many as were acknowledged: nothing lost, nothing torn, nothing deleted that came back, nothing out of order.
 */

import type { Page } from "@playwright/test";

import type { SharedStorage } from "./tabs";

/** Records of a batch. */
const BATCH = 20;

/** In each round of steps the last one deletes a batch, the others add one each. */
const ROUND = 5;

/** Which batch that is: that of so many steps before. */
const BACK = 2;

const LANES = [0, 1];

/** Steps that may have been done and not been heard of: their word was on its way when the browser was killed. */
const UNHEARD = 200;

const STORE = { name: "killed", collection: "writes" };

/** A lane, and what is known of it. */
export interface Lane {
  name: string;
  /** Steps that were acknowledged. */
  acknowledged: number;
  /** Steps that were done, once that was read back: from then on nothing of it may change. */
  done?: number;
}

/** Batches by lane, each with how many of its records are there. */
interface Found {
  batches: [lane: string, batch: number, records: number][];
  /** Records that are not as they were written. */
  wrong: string[];
}

/** Starts the lanes of `life`, beside compactions without end; they go on until the browser ends. Answers what is heard of them. */
export async function startLanes(page: Page, storage: SharedStorage, life: number): Promise<Lane[]> {
  const lanes = LANES.map((lane): Lane => ({ name: `${life}.${lane}`, acknowledged: 0 }));
  page.on("console", (message) => {
    // What was acknowledged has to outlive the browser: the console does.
    const [, name, step] = /^done (\S+) (\d+)$/.exec(message.text()) ?? [];
    const lane = lanes.find((one) => one.name === name);
    if (lane) {
      lane.acknowledged = Number(step) + 1;
    }
  });
  await page.evaluate(
    async ({ storage, store, names, size, round, back }) => {
      const client = await window.chromatid.open({ name: store.name, storage });
      const collection = await client.getOrCreateCollection({ name: store.collection, embeddingFunction: null });
      const work = async (name: string): Promise<never> => {
        for (let step = 0; ; step += 1) {
          const idsOf = (batch: number) => Array.from({ length: size }, (_, i) => `${name} ${batch} ${i}`);
          if (step % round === round - 1) {
            await collection.delete({ ids: idsOf(step - back) });
          } else {
            const ids = idsOf(step);
            const embeddings = ids.map((id) => id.split(/[. ]/).map(Number));
            await collection.add({ ids, embeddings, documents: ids.map((id) => `text of ${id}`) });
          }
          console.info(`done ${name} ${step}`);
        }
      };
      const compact = async (): Promise<never> => {
        for (;;) {
          await client.compact();
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
        }
      };
      // Whatever ends the work before the browser does is a failure of the test.
      Promise.all([compact(), ...names.map(work)]).catch((error: unknown) => console.error("the work ended", error));
    },
    { storage, store: STORE, names: lanes.map(({ name }) => name), size: BATCH, round: ROUND, back: BACK },
  );
  return lanes;
}

/** What of all lanes contradicts what was acknowledged. Settles how far each lane got. */
export async function contradictions(page: Page, storage: SharedStorage, lanes: Lane[]): Promise<string[]> {
  const { batches, wrong } = await readBack(page, storage);
  const torn = batches.filter(([, , records]) => records !== BATCH);
  const problems = [...wrong.map((id) => `not as written: ${id}`), ...torn.map(([lane, batch]) => `in part: ${lane} ${batch}`)];
  const known = new Set(lanes.map(({ name }) => name));
  problems.push(...batches.filter(([lane]) => !known.has(lane)).map(([lane]) => `from nowhere: ${lane}`));
  for (const lane of lanes) {
    const present = batches.filter(([name]) => name === lane.name).map(([, batch]) => batch);
    const done = stepsThatLeave(present, lane.done ?? lane.acknowledged, lane.done ?? lane.acknowledged + UNHEARD);
    if (done === undefined) {
      const { name, acknowledged } = lane;
      problems.push(`lane ${name}: no state after ${lane.done ?? acknowledged} steps or more has just the batches ${present.join(", ")}`);
    }
    lane.done = done;
  }
  return problems;
}

/** The number of steps in these bounds that leaves exactly these batches. */
function stepsThatLeave(present: number[], least: number, most: number): number | undefined {
  const found = String(present.sort((a, b) => a - b));
  for (let steps = least; steps <= most; steps += 1) {
    if (String(batchesAfter(steps)) === found) {
      return steps;
    }
  }
  return undefined;
}

function batchesAfter(steps: number): number[] {
  const isDeletion = (step: number) => step % ROUND === ROUND - 1;
  return Array.from({ length: steps }, (_, step) => step).filter(
    (step) => !isDeletion(step) && !(isDeletion(step + BACK) && step + BACK < steps),
  );
}

async function readBack(page: Page, storage: SharedStorage): Promise<Found> {
  return page.evaluate(
    async ({ storage, store }) => {
      const client = await window.chromatid.open({ name: store.name, storage });
      const collection = await client.getCollection({ name: store.collection });
      const { ids, documents, embeddings } = await collection.get({ include: ["documents", "embeddings"] });
      const counts = new Map<string, [string, number, number]>();
      const wrong: string[] = [];
      ids.forEach((id, row) => {
        const [lane = "", batch = ""] = id.split(" ");
        const count = counts.get(`${lane} ${batch}`) ?? [lane, Number(batch), 0];
        count[2] += 1;
        counts.set(`${lane} ${batch}`, count);
        if (documents[row] !== `text of ${id}` || String(embeddings[row]) !== String(id.split(/[. ]/).map(Number))) {
          wrong.push(id);
        }
      });
      // The index agrees with the records: a few of them are looked up by their vectors.
      for (const id of ids.filter((_, row) => row % Math.ceil(ids.length / 20) === 0)) {
        const nearest = await collection.query({ queryEmbeddings: [id.split(/[. ]/).map(Number)], nResults: 1 });
        if (nearest.ids[0]?.[0] !== id) {
          wrong.push(`${id}, whose vector finds ${String(nearest.ids[0])}`);
        }
      }
      if ((await collection.count()) !== ids.length) {
        wrong.push("the count");
      }
      await client.close();
      return { batches: [...counts.values()], wrong };
    },
    { storage, store: STORE },
  );
}
