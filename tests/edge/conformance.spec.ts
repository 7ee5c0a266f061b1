/** The storage conformance suite of the engine, in a Durable Object. */

import { expect, test } from "./fixtures";

/** All of the suite: there is nothing that a Durable Object has no way to try. */
const CHECKS = 22;

for (const storage of ["sqlite", "r2"]) {
  test(`a Durable Object with ${storage} keeps the contract`, async ({ start }) => {
    test.setTimeout(120_000);
    const edge = await start("conformance");
    const passed = (await edge.ask(storage)) as string[];
    expect(passed.length).toBeGreaterThanOrEqual(CHECKS);
    expect(new Set(passed).size).toBe(passed.length);
  });
}
