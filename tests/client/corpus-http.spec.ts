/** The corpus over HTTP: what Chroma answers to each request, and what this package's server does. See tests/conformance/README.md. */

import { expect, test } from "@playwright/test";

import { startOurs } from "../clients/server.mjs";
import { readCases } from "../conformance/corpus.mjs";
import { judgeOurServer } from "../conformance/runners/judge.mjs";
import { runOnServer } from "../conformance/runners/rest.mjs";

// One server, which each scenario empties: one after the other.
let server: Awaited<ReturnType<typeof startOurs>>;

test.beforeAll(async () => {
  server = await startOurs();
});

test.afterAll(() => server.close());

for (const [area, name, { steps }] of readCases()) {
  test(`over HTTP: ${area}/${name}`, async () => {
    const outcomes = await runOnServer(server.url, steps);
    const differences = steps.flatMap((step, index) => {
      const outcome = outcomes[index];
      const difference = outcome ? judgeOurServer(step, outcome) : "it was not run";
      return difference === null ? [] : [`step ${String(index + 1)} (${step.call})${difference}`];
    });
    expect(differences).toEqual([]);
  });
}
