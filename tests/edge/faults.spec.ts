/** A fault at every storage call of a workload: what was acknowledged is there afterwards. */

import { expect, test } from "./fixtures";
import { FAULTS } from "./worker/faults";
import type { SweepResult } from "./worker/sweep";

/** A workload of fewer calls would not have done what it is for. */
const FEWEST_CALLS = 60;

test.describe.configure({ mode: "parallel" });

/** A bucket adds its own calls to those of the database below it; each way to end is tried on one with the other. */
const KINDS = { sqlite: FAULTS, r2: ["throws", "aborts after"] } as const;

for (const storage of ["sqlite", "r2"] as const) {
  for (const kind of KINDS[storage]) {
    test(`${storage}: one storage call ${kind}`, async ({ start }) => {
      // Twenty seconds on an idle machine.
    test.setTimeout(300_000);
      const edge = await start("stores");
      const { calls, tried, failures } = (await edge.ask("sweep", { storage, kind, lanes: 4 })) as SweepResult;
      expect(failures).toEqual([]);
      expect(tried).toBe(calls);
      expect(calls).toBeGreaterThanOrEqual(FEWEST_CALLS);
    });
  }
}
