/** The storage conformance suite of the engine, in a Durable Object. */

import { expect, test } from "./fixtures";

/** With fewer checks than this the suite itself was not run. */
const FEWEST_CHECKS = 10;

for (const storage of ["sqlite", "r2"]) {
  test(`a Durable Object with ${storage} keeps the contract`, async ({ start }) => {
    test.setTimeout(120_000);
    const edge = await start("conformance");
    const passed = (await edge.ask(storage)) as string[];
    expect(passed.length).toBeGreaterThanOrEqual(FEWEST_CHECKS);
    expect(new Set(passed).size).toBe(passed.length);
  });
}
