/** How long opening a store takes at most: ten seconds from when the caller asked, on a clock that stands still unless it is moved. */

import { mock } from "node:test";

import { expect, test } from "@playwright/test";

import type { EngineRuntime, OpenRequest } from "../../pkg/src/engine/fallback.js";
import { holdStore, shareStore } from "../../pkg/src/engine/held.js";
import { Origin } from "./support/origin.js";
import { settled } from "./support/contexts.js";

const request: OpenRequest = { name: "store", storage: "memory", durability: "strict", housekeeping: "manual" };

/** A storage that never answers. */
const silent: EngineRuntime = { open: () => new Promise(() => undefined), destroy: () => new Promise(() => undefined) };

test.beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 }));
test.afterEach(() => mock.timers.reset());

/** The milliseconds after which opening a store whose storage never answers fails. */
async function patience(ago?: number): Promise<number> {
  const outcome: { error?: unknown } = {};
  holdStore(silent, { ...request, ...(ago !== undefined && { begun: Date.now() - ago }) }).catch((error: unknown) => (outcome.error = error));
  let waited = 0;
  // What is settled by a timer is heard of in a later turn, which no simulated timer waits for.
  for (await turn(); !outcome.error && waited < 60_000; await turn()) {
    mock.timers.tick(100);
    waited += 100;
  }
  expect(outcome.error).toMatchObject({ name: "StorageLockedError", retryable: true });
  return waited;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test("a storage that does not answer is waited for until ten seconds after the caller asked", async () => {
  expect(await patience(undefined)).toBe(10_000);
  expect(await patience(0)).toBe(10_000);
  expect(await patience(3000)).toBe(7000);
});

test("a storage has five seconds to answer, however long the engine took to start and whatever the clock says", async () => {
  expect(await patience(8000)).toBe(5000);
  expect(await patience(60_000)).toBe(5000);
  expect(await patience(-3_600_000)).toBe(10_000);
});

test("a store whose holder never answers is waited for as long as is left", async () => {
  const origin = new Origin(1, "handles");
  const holder = origin.context();
  await settled(origin, shareStore(holder.runtime, holder.platform, "store", request));
  holder.frozen = true;
  const other = origin.context();
  const joined = shareStore(other.runtime, other.platform, "store", request, 6000);
  const early = settled(origin, joined, 5900);
  await expect(early).rejects.toThrow("nothing came of it");
  expect(await settled(origin, joined, 200)).toMatchObject({ status: "rejected", reason: { name: "StorageLockedError" } });
});
