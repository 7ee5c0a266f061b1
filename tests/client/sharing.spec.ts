/** Contexts that share a store, in an origin that a seed decides: killed, frozen and closed at any moment, each write once. */

import { expect, test } from "@playwright/test";

import { leaderAndFollower, Page, settled, value, where } from "./support/contexts.js";
import { type Fence, Origin } from "./support/origin.js";

const SEEDS = Number(process.env.CHROMATID_SHARING_SEEDS ?? 300);
const FIRST = Number(process.env.CHROMATID_SEED ?? 1);

const ids = (origin: Origin): string[] => origin.log.map(({ id }) => id).sort();

test("the first leads, the others follow, and all see what each writes", async () => {
  const origin = new Origin(1, "handles");
  const [one, two, three] = [new Page(origin), new Page(origin), new Page(origin)];
  await value(origin, Promise.all([one.held, two.held, three.held]), 1000);
  await value(origin, Promise.all([one.add("a"), two.add("b"), three.add("c")]));
  expect(await value(origin, Promise.all([one.count(), two.count(), three.count()]))).toEqual([3, 3, 3]);
  const roles = await value(origin, Promise.all([one.role(), two.role(), three.role()]));
  expect(roles.sort()).toEqual(["follower", "follower", "leader"]);
  const { sharing } = await value(origin, two.held.then((held) => held.care()));
  expect(sharing?.contexts).toBe(3);
});

test("when the leader closes, the next one goes on within a moment", async () => {
  const origin = new Origin(2, "handles");
  const [one, two] = await leaderAndFollower(origin);
  const closed = one.close();
  const added = two.add("c");
  await value(origin, Promise.all([closed, added]), 500);
  expect(await value(origin, two.role())).toBe("leader");
  expect(ids(origin)).toEqual(["a", "b", "c"]);
});

for (const fence of ["handles", "token"] as const) {
  test(`a leader that is killed with calls under way is replaced, and each is done once (${fence})`, async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const origin = new Origin(seed, fence);
      const one = new Page(origin);
      await value(origin, one.add("first"));
      const [two, three] = [new Page(origin), new Page(origin)];
      await value(origin, Promise.all([two.count(), three.count()]));
      const adds = ["a", "b", "c", "d"].map((id, place) => (place % 2 ? two : three).add(id));
      await origin.until(() => false, origin.random() * 25);
      one.context.kill();
      await value(origin, Promise.all(adds), 5000);
      expect(ids(origin), `seed ${seed}`).toEqual(["a", "b", "c", "d", "first"]);
    }
  });
}

test("a leader that was frozen without a warning is replaced within five seconds, and writes nothing when it wakes", async () => {
  const origin = new Origin(5, "token");
  const [one, two] = await leaderAndFollower(origin);
  const late = one.add("c");
  one.context.frozen = true;
  await value(origin, two.add("d"), 5000);
  expect(await value(origin, two.role())).toBe("leader");
  one.context.frozen = false;
  await value(origin, late);
  expect(await value(origin, one.role())).toBe("follower");
  expect(ids(origin)).toEqual(["a", "b", "c", "d"]);
});

test("where a frozen leader holds the handles, who needs it is told, and served once it wakes", async () => {
  const origin = new Origin(6, "handles");
  const [one, two] = await leaderAndFollower(origin);
  one.context.frozen = true;
  const outcome = await settled(origin, two.count());
  expect(outcome).toMatchObject({ status: "rejected", reason: { name: "StorageLockedError", retryable: true } });
  one.context.frozen = false;
  expect(await value(origin, two.count())).toBe(2);
});

test("a page that says that it will be frozen keeps nobody waiting, and takes part again when it goes on", async () => {
  const origin = new Origin(7, "handles");
  const [one, two] = await leaderAndFollower(origin);
  (await one.held).suspend?.();
  await value(origin, two.add("c"), 500);
  const asleep = one.add("d");
  expect(await origin.until(() => ids(origin).includes("d"), 60_000)).toBe(false);
  (await one.held).resume?.();
  await value(origin, asleep, 500);
  expect(await value(origin, Promise.all([one.role(), two.role()]))).toEqual(["follower", "leader"]);
});

test("a leader that has been hidden lets one that is seen lead, and keeps the store while nobody is", async () => {
  const origin = new Origin(14, "handles");
  const one = new Page(origin);
  await value(origin, one.add("a"));
  (await one.held).hide?.();
  await origin.until(() => false, 5000);
  expect(await value(origin, one.role())).toBe("leader");
  const [two, three] = [new Page(origin), new Page(origin)];
  (await value(origin, two.held)).hide?.();
  (await value(origin, three.held)).show?.();
  await value(origin, Promise.all([two.add("b"), three.add("c")]), 500);
  await origin.until(() => false, 3000);
  expect(await value(origin, Promise.all([one.role(), two.role(), three.role()]))).toEqual(["follower", "follower", "leader"]);
  (await three.held).hide?.();
  await origin.until(() => false, 3000);
  expect(await value(origin, three.role())).toBe("leader");
  (await one.held).show?.();
  await origin.until(() => false, 3000);
  expect(await value(origin, one.role())).toBe("leader");
  expect(ids(origin)).toEqual(["a", "b", "c"]);
});

test("a store whose holder never answers is reported within ten seconds", async () => {
  const origin = new Origin(8, "handles");
  const one = new Page(origin);
  await value(origin, one.add("a"));
  one.context.frozen = true;
  const two = new Page(origin);
  const outcome = await settled(origin, two.held, 10_500);
  expect(outcome).toMatchObject({ status: "rejected", reason: { name: "StorageLockedError" } });
});

test("options that contradict those of the open store are refused; what was not asked for is as the store has it", async () => {
  const origin = new Origin(9, "handles");
  const one = new Page(origin, { versions: 3, allowReset: true, asked: { versions: 3, allowReset: true } });
  await value(origin, one.add("a"));
  const two = new Page(origin, { asked: { versions: 2 } });
  const refused = await settled(origin, two.held);
  expect(refused).toMatchObject({
    reason: { name: "InvalidArgumentError", message: "The store 'store' is open already with versions = 3" },
  });
  const three = new Page(origin);
  await value(origin, three.add("b"));
  await value(origin, one.close());
  await value(origin, three.add("c"));
  const four = new Page(origin, { asked: { versions: 3, allowReset: true } });
  await value(origin, four.add("d"));
  expect(await value(origin, Promise.all([three.role(), four.role()]))).toEqual(["leader", "follower"]);
});

test("who has another passphrase or key is not let in", async () => {
  const origin = new Origin(10, "handles");
  const one = new Page(origin, { encryption: { passphrase: "open sesame" } });
  await value(origin, one.add("a"));
  const others = [{ passphrase: "open barley" }, { key: new Uint8Array(32) }, undefined];
  for (const encryption of others) {
    // Keys are derived in real time.
    const page = new Page(origin, { ...(encryption && { encryption }) });
    let reason: unknown;
    page.held.catch((error: unknown) => (reason = error));
    await expect.poll(() => origin.until(() => reason !== undefined, 5)).toBe(true);
    expect(reason).toMatchObject({ message: "The store 'store' is open already, with another key or passphrase" });
  }
});

test("a request that stops engines is refused after the third; the others go on", async () => {
  const origin = new Origin(11, "handles");
  const pages = [new Page(origin)];
  await value(origin, pages[0]?.add("a") ?? Promise.reject(new Error()));
  pages.push(...[1, 2, 3, 4].map(() => new Page(origin)));
  await value(origin, Promise.all(pages.map((page) => page.count())));
  const last = pages.at(-1) as Page;
  // It is the last in line, so that three others lead before it.
  origin.poison.add("bad");
  const bad = await settled(origin, last.add("bad"));
  expect(bad).toMatchObject({ reason: { name: "InternalError", message: expect.stringContaining("stopped the engine 3 times") as unknown } });
  await value(origin, last.add("good"));
  expect(ids(origin)).toEqual(["a", "good"]);
});

for (const meets of ["leader", "follower"] as const) {
  test(`a storage that fails is reported to the call of a ${meets} that met it, and opened again for the others`, async () => {
    const origin = new Origin(15, "handles");
    const [one, two] = await leaderAndFollower(origin);
    const [unlucky, other] = meets === "leader" ? [one, two] : [two, one];
    origin.faults.add("bad");
    const calls = [settled(origin, unlucky.add("bad")), ...["c", "d"].map((id) => settled(origin, other.add(id)))];
    const [bad, ...others] = await Promise.all(calls);
    expect(bad).toMatchObject({ status: "rejected", reason: { name: "StorageError" } });
    expect(others.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    await value(origin, unlucky.add("bad"));
    expect(ids(origin)).toEqual(["a", "b", "bad", "c", "d"]);
  });
}

test("what was begun in one engine has to be begun anew in the next", async () => {
  const origin = new Origin(12, "handles");
  const one = new Page(origin);
  await value(origin, one.add("a"));
  const two = new Page(origin);
  const held = await value(origin, two.held);
  const watch = await value(origin, held.call("watch", [...where, "get", {}]));
  expect(await value(origin, held.call("refresh", [watch]))).toBeUndefined();
  await value(origin, one.close());
  await value(origin, two.add("b"));
  const refreshed = await settled(origin, held.call("refresh", [watch]));
  expect(refreshed).toMatchObject({ reason: { name: "ConnectionLostError" } });
  await value(origin, held.call("unwatch", [watch]));
});

test("messages of others, and such as make no sense, are passed over", async () => {
  const origin = new Origin(13, "handles");
  const [one, two] = await leaderAndFollower(origin);
  const stranger = origin.context().platform.channel("chromatid/store");
  const lead = { kind: "leading", leader: {} };
  for (const message of [undefined, 7, "hello", [], {}, { kind: "constructor" }, { kind: "hello" }, lead, { kind: "ended", leader: "x", trapped: true }]) {
    stranger.postMessage(message);
  }
  await value(origin, Promise.all([one.add("c"), two.add("d")]));
  expect(ids(origin)).toEqual(["a", "b", "c", "d"]);
});

/** Errors that a caller may get when contexts end around it. */
const ALLOWED = new Set(["StorageLockedError"]);

/** Pages come, write, freeze, end; afterwards each write that was acknowledged is there once, and none is there twice. */
async function play(seed: number, fence: Fence): Promise<void> {
  const origin = new Origin(seed, fence);
  const pick = (n: number): number => Math.floor(origin.random() * n);
  let pages: Page[] = [];
  const acknowledged: string[] = [];
  const open: { page: Page; id: string; done: boolean }[] = [];
  for (let step = 0; step < 60; step++) {
    await origin.until(() => false, origin.random() * (pick(8) === 0 ? 6000 : 40));
    const page = pages[pick(pages.length)];
    const choice = pick(20);
    if (!page || (choice < 2 && pages.length < 5)) {
      pages.push(new Page(origin));
    } else if (choice === 2) {
      page.context.kill();
      pages = pages.filter((other) => other !== page);
    } else if (choice === 3) {
      page.close().catch(() => undefined);
      pages = pages.filter((other) => other !== page);
    } else if (choice === 4) {
      page.context.frozen = !page.context.frozen;
    } else if (choice === 5) {
      page.held.then((held) => held.suspend?.()).catch(() => undefined);
    } else if (choice === 6) {
      page.held.then((held) => held.resume?.()).catch(() => undefined);
    } else if (choice === 7) {
      page.held.then((held) => held.hide?.()).catch(() => undefined);
    } else if (choice === 8) {
      page.held.then((held) => held.show?.()).catch(() => undefined);
    } else {
      const call = { page, id: `${seed}/${step}`, done: false };
      open.push(call);
      page.add(call.id).then(
        () => {
          call.done = true;
          acknowledged.push(call.id);
        },
        (error: Error) => {
          call.done = true;
          const isClosed = !pages.includes(page);
          if (!ALLOWED.has(error.name) && !isClosed) {
            throw error;
          }
        },
      );
    }
  }
  for (const page of pages) {
    page.context.frozen = false;
    page.held.then((held) => held.resume?.()).catch(() => undefined);
  }
  const waiting = (): typeof open => open.filter(({ page, done }) => !done && pages.includes(page));
  expect(await origin.until(() => waiting().length === 0, 60_000), `seed ${seed}: ${waiting().length} calls are never answered`).toBe(true);
  const written = ids(origin);
  expect(new Set(written).size, `seed ${seed}: something was written twice`).toBe(written.length);
  expect(acknowledged.filter((id) => !written.includes(id)), `seed ${seed}: acknowledged and lost`).toEqual([]);
}

for (const fence of ["handles", "token"] as const) {
  test(`nothing is lost and nothing doubled, whoever is killed, frozen or closed when (${fence})`, async () => {
    test.setTimeout(600_000);
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      await play(seed, fence);
    }
  });
}
