/** Housekeeping runs when it should, and never in the way. */

import { expect, test } from "@playwright/test";

import { attend } from "../../pkg/src/engine/caretaker.js";
import type { Housekeeping } from "../../pkg/src/engine/engine.js";
import { type Answers, engineError, scriptedEngine, thrown } from "./support/engine.js";

const where = ["default_tenant", "default_database", "id"] as const;

function attended(answers: Answers, durability: "strict" | "relaxed" = "strict", housekeeping?: Housekeeping) {
  const { engine, calls } = scriptedEngine(answers);
  const made = (method: string) => calls.filter((call) => call.method === method).length;
  return { engine: attend(engine, { durability, housekeeping }), made, calls };
}

test("an idle engine is maintained until nothing is left to do", async () => {
  let left = 3;
  const { engine, made } = attended({ maintain: () => (left -= 1) > 0 });
  await expect.poll(() => made("maintain")).toBe(3);
  await engine.close();
});

test("maintenance waits while a call is under way", async () => {
  let finish = () => {};
  const { engine, made } = attended({
    maintain: false,
    count: () => new Promise<number>((resolve) => (finish = () => resolve(1))),
  });
  const counting = engine.count(...where);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(made("maintain")).toBe(0);
  finish();
  await counting;
  await expect.poll(() => made("maintain")).toBe(1);
  await engine.close();
});

test("a call that comes during maintenance is answered before the next slice", async () => {
  let slices = 0;
  const order: string[] = [];
  const { engine } = attended({
    count: () => order.push("count"),
    maintain: async () => {
      slices += 1;
      order.push("slice");
      if (slices === 1) {
        await engine.count(...where);
      }
      return slices < 2;
    },
  });
  await expect.poll(() => slices).toBe(2);
  expect(order).toEqual(["slice", "count", "slice"]);
  await engine.close();
});

test("relaxed writes are flushed once for many, strict ones and reads never", async () => {
  const relaxed = attended({ maintain: false }, "relaxed");
  const strict = attended({ maintain: false });
  for (const { engine } of [relaxed, strict]) {
    await Promise.all([1, 2, 3].map(() => engine.add(...where, { ids: ["a"] })));
  }
  await expect.poll(() => relaxed.made("flush")).toBe(1);
  await relaxed.engine.count(...where);
  await expect.poll(() => relaxed.made("maintain")).toBe(1);
  expect([relaxed.made("flush"), strict.made("flush")]).toEqual([1, 0]);
  await relaxed.engine.add(...where, { ids: ["b"] });
  await expect.poll(() => relaxed.made("flush")).toBe(2);
  await Promise.all([relaxed.engine.close(), strict.engine.close()]);
});

test("manual housekeeping is done when it is asked for, a step at a time", async () => {
  let running = 0;
  const { engine, made } = attended(
    {
      maintain: async () => {
        expect((running += 1)).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
        return true;
      },
    },
    "strict",
    "manual",
  );
  await engine.add(...where, { ids: ["a"] });
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(made("maintain")).toBe(0);
  expect(await Promise.all([engine.maintain(), engine.maintain()])).toEqual([true, true]);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(made("maintain")).toBe(2);
  await engine.close();
});

test("a failed step is reported, until one succeeds", async () => {
  let failing = true;
  const { engine, made } = attended({
    maintain: () => {
      if (failing) {
        throw engineError("StorageQuotaExceededError", 507, "the disk is full");
      }
      return false;
    },
  });
  await expect.poll(() => engine.care().error).toBe("the disk is full");
  failing = false;
  await engine.heartbeat();
  await expect.poll(() => made("maintain")).toBe(2);
  await expect.poll(() => engine.care().error).toBeNull();
  await engine.close();
});

test("after a trap the engine is not called again, not even to close it", async () => {
  const { engine, made } = attended({ count: new WebAssembly.RuntimeError("unreachable") });
  await thrown(() => engine.count(...where));
  expect((await thrown(() => engine.heartbeat())).name).toBe("ConnectionLostError");
  await engine.close();
  expect([made("heartbeat"), made("close")]).toEqual([0, 0]);
});

test("closing waits for the step under way, and nothing runs afterwards", async () => {
  let finish = () => {};
  const { engine, made, calls } = attended({
    maintain: () => new Promise<boolean>((resolve) => (finish = () => resolve(true))),
  });
  await expect.poll(() => made("maintain")).toBe(1);
  const closing = engine.close();
  expect(made("close")).toBe(0);
  finish();
  await closing;
  expect(calls.at(-1)?.method).toBe("close");
  expect((await thrown(() => engine.heartbeat())).message).toBe("the store is closed");
});
