/**
 * Synchronisation simulated: replicas, a foreign writer, a bad network, wrong clocks, ends at any request. `CHROMATID_SYNC_SEEDS` is how many lives are lived
 * in all, `CHROMATID_SYNC_SEED` the first of them: the one that a failure names is lived again by itself.
 */

import { test } from "@playwright/test";

import { Simulation } from "./support/simulation";

const SEEDS = Number(process.env.CHROMATID_SYNC_SEEDS ?? 2_000);
const FIRST = Number(process.env.CHROMATID_SYNC_SEED ?? 1);

/** Seeds of one test: what fails is found sooner. */
const PER_TEST = 125;

test.describe.configure({ mode: "parallel" });

/** A server of Chroma, one that tells what has changed, and one that often forgets it; and how many of the lives are with each. */
const SERVERS: [name: string, options: { forgets?: number }, share: number][] = [
  ["a server of Chroma", {}, 0.5],
  ["one that tells what has changed", { forgets: 0 }, 0.25],
  ["one that often forgets it", { forgets: 0.1 }, 0.25],
];

for (const [server, options, share] of SERVERS) {
  // A seed that is lived by itself is lived with each.
  const end = FIRST + Math.ceil(SEEDS * share);
  for (let first = FIRST; first < end; first += PER_TEST) {
    const last = Math.min(first + PER_TEST, end);
    test(`replicas agree in the end, with ${server}: seeds ${String(first)} to ${String(last - 1)}`, async () => {
      test.setTimeout(600_000);
      for (let seed = first; seed < last; seed += 1) {
        try {
          await new Simulation(seed, options).run();
        } catch (error) {
          throw new Error(`seed ${String(seed)} (CHROMATID_SYNC_SEED=${String(seed)} CHROMATID_SYNC_SEEDS=1): ${(error as Error).message}`, { cause: error });
        }
      }
    });
  }
}
