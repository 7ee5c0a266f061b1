/** Exports and imports of contexts that share a store: each goes on in the engine that it was begun in, or ends with an error. */

import { expect, test } from "@playwright/test";

import { leaderAndFollower, Page, settled, value } from "./support/contexts.js";
import { Origin } from "./support/origin.js";

const exportOf = { tenant: "t", database: "d", skip_damaged: false };

async function begin(origin: Origin, page: Page, method: "beginExport" | "beginImport" = "beginExport"): Promise<number> {
  const held = await value(origin, page.held);
  return (await value(origin, held.call(method, [exportOf]))) as number;
}

/** The number of a piece, counted by the engine. */
const next = async (page: Page, number: number): Promise<unknown> => (await page.held).call("nextExport", [number]);
const push = async (page: Page, number: number): Promise<unknown> => (await page.held).call("pushImport", [number, new Uint8Array(8)]);

for (const [kind, step] of [
  ["beginExport", next],
  ["beginImport", push],
] as const) {
  test(`those of several contexts are kept apart, and end with an error when their leader does (${kind})`, async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const origin = new Origin(seed, "handles");
      const [one, two] = await leaderAndFollower(origin);
      const three = new Page(origin);
      const numbers = [await begin(origin, one, kind), await begin(origin, two, kind), await begin(origin, three, kind)] as const;
      expect(await value(origin, Promise.all([step(one, numbers[0]), step(two, numbers[1]), step(three, numbers[2])]))).toEqual([1, 1, 1]);
      expect(await value(origin, step(two, numbers[1]))).toBe(2);

      // The answer to one piece is on its way; the other one asks later, when the next leader has begun something under its number.
      const cut = step(two, numbers[1]);
      if (seed % 2) {
        one.context.kill();
      } else {
        one.close().catch(() => undefined);
      }
      const outcome = await settled(origin, cut);
      if (outcome.status === "rejected") {
        expect(outcome.reason).toMatchObject({ name: "ConnectionLostError", retryable: true });
      } else {
        expect(outcome.value).toBe(3);
      }
      await value(origin, Promise.all([two.count(), three.count()]));
      for (const page of [two, three]) {
        for (let again = 0; again < 3; again++) {
          await begin(origin, page, kind);
        }
      }
      expect(await settled(origin, step(two, numbers[1]))).toMatchObject({ reason: { name: "ConnectionLostError" } });
      expect(await settled(origin, step(three, numbers[2]))).toMatchObject({ reason: { name: "ConnectionLostError" } });
      const fresh = await begin(origin, three, kind);
      expect(await value(origin, step(three, fresh))).toBe(1);
    }
  });
}

test("a piece whose answer was lost is not asked for again, also if its leader comes back", async () => {
  const origin = new Origin(3, "handles");
  const [one, two] = await leaderAndFollower(origin);
  const number = await begin(origin, two);
  expect(await value(origin, next(two, number))).toBe(1);
  const lost = next(two, number);
  await origin.until(() => false, 2);
  one.context.frozen = true;
  expect(await settled(origin, lost)).toMatchObject({ reason: { name: "ConnectionLostError" } });
  one.context.frozen = false;
  expect(await value(origin, two.count())).toBe(2);
  expect(await settled(origin, next(two, number))).toMatchObject({ reason: { name: "ConnectionLostError" } });
});

test("an export of a follower that is gone is ended, also one that it was about to begin; an import keeps what it has made", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const origin = new Origin(seed, "handles");
    const [one, two] = await leaderAndFollower(origin);
    const own = await begin(origin, one);
    await begin(origin, two);
    await begin(origin, two, "beginImport");
    const begun = (): number[] => [...(origin.owner?.begun.keys() ?? [])];
    expect(begun()).toEqual([1, 2, 3]);
    two.held.then((held) => held.call("beginExport", [exportOf])).catch(() => undefined);
    await origin.until(() => false, origin.random() * 8);
    if (seed % 2) {
      two.context.kill();
    } else {
      two.close().catch(() => undefined);
    }
    await origin.until(() => false, 5000);
    expect(begun(), `seed ${seed}`).toEqual([1, 3]);
    expect(await value(origin, next(one, own))).toBe(1);
  }
});

test("a hidden leader lets one that is seen lead once an export is through, or nobody goes on with it", async () => {
  for (const isEnded of [true, false]) {
    const origin = new Origin(4, "handles");
    const [one, two] = await leaderAndFollower(origin);
    const number = await begin(origin, one);
    (await one.held).hide?.();
    (await two.held).show?.();
    for (let piece = 1; piece <= 10; piece++) {
      expect(await value(origin, next(one, number))).toBe(piece);
      await origin.until(() => false, 1000);
    }
    expect(await value(origin, Promise.all([one.role(), two.role()]))).toEqual(["leader", "follower"]);
    if (isEnded) {
      await value(origin, one.held.then((held) => held.call("endExport", [number])));
    }
    await origin.until(() => false, 12_000);
    expect(await value(origin, Promise.all([one.role(), two.role()]))).toEqual(["follower", "leader"]);
  }
});
