/** The network of the simulator does what it says. */

import { expect, test } from "@playwright/test";

import { DATABASE } from "./model/calls.js";
import { type Fault, faulty, randomSchedule, type Rates } from "./model/faults.js";
import { seededRandom } from "./model/random.js";
import { type ModelFetch, ModelServer } from "./model/server.js";

const COLLECTIONS = `http://model/api/v2${DATABASE}/collections`;

/** Sleepers of a simulation, who are woken by hand. */
class Clock {
  readonly #sleepers: { ms: number; wake: () => void }[] = [];

  readonly sleep = (ms: number) => new Promise<void>((wake) => void this.#sleepers.push({ ms, wake }));

  get asleep(): number[] {
    return this.#sleepers.map(({ ms }) => ms);
  }

  async wakeAll(): Promise<void> {
    this.#sleepers.splice(0).forEach(({ wake }) => wake());
    await settled();
  }
}

/** What has been resolved has been heard of then. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

function withFault(fault: Fault) {
  const clock = new Clock();
  const server = new ModelServer({ now: () => 0, random: seededRandom(1) });
  const send = faulty(server.fetch, () => fault, clock.sleep);
  const count = async () => (await server.fetch(COLLECTIONS.replace("collections", "collections_count"))).text();
  return { clock, count, create: (signal?: AbortSignal) => create(send, signal) };
}

function create(send: ModelFetch, signal?: AbortSignal): Promise<Response> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"name":"things"}' };
  return send(COLLECTIONS, signal ? { ...init, signal } : init);
}

test("a lost request has no effect, a lost answer has", async () => {
  const before = withFault({ kind: "dropBefore" });
  await expect(before.create()).rejects.toThrow(TypeError);
  expect(await before.count()).toBe("0");
  const after = withFault({ kind: "dropAfter" });
  await expect(after.create()).rejects.toThrow(TypeError);
  expect(await after.count()).toBe("1");
});

test("a request that is held takes effect when it is delivered", async () => {
  const { clock, count, create } = withFault({ kind: "delay", ms: 25_000 });
  const answer = create();
  expect(clock.asleep).toEqual([25_000]);
  expect(await count()).toBe("0");
  await clock.wakeAll();
  expect((await answer).status).toBe(200);
});

test("a client that gives up does not take its request back", async () => {
  const { clock, count, create } = withFault({ kind: "delay", ms: 25_000 });
  const giving = new AbortController();
  const answer = create(giving.signal);
  giving.abort();
  await expect(answer).rejects.toThrow("abort");
  await clock.wakeAll();
  expect(await count()).toBe("1");
  await expect(create(giving.signal)).rejects.toThrow("abort");
});

test("an answer that is held is late, its effect is not", async () => {
  const { clock, count, create } = withFault({ kind: "delayAnswer", ms: 5 });
  const answer = create();
  expect(await count()).toBe("1");
  await clock.wakeAll();
  expect((await answer).status).toBe(200);
});

test("a request that is repeated is answered once", async () => {
  const { clock, count, create } = withFault({ kind: "duplicate", ms: 5 });
  expect((await create()).status).toBe(200);
  await clock.wakeAll();
  expect(await count()).toBe("1");
});

test("what stands before the server refuses without it", async () => {
  for (const status of [401, 403, 429, 503] as const) {
    const { count, create } = withFault({ kind: "answer", status, retryAfter: 2 });
    const answer = await create();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([status, "2"]);
    expect(await answer.json()).toHaveProperty("message");
    expect(await count()).toBe("0");
  }
});

test("an answer breaks, or ends too early", async () => {
  for (const share of [0, 0.5, 1]) {
    const broken = withFault({ kind: "truncate", share });
    await expect((await broken.create()).text()).rejects.toThrow(TypeError);
    expect(await broken.count()).toBe("1");
    const cut = await withFault({ kind: "cut", share }).create();
    await expect(cut.json()).rejects.toThrow(SyntaxError);
  }
});

test("faults by chance come as often as asked for, and again with the same seed", () => {
  const rates: Rates = { dropBefore: 0.1, duplicate: 0.2, busy: 0.1, cut: 0.1 };
  const sent = { method: "GET", url: "", body: undefined, index: 0 };
  const drawn = () => {
    const schedule = randomSchedule(seededRandom(5), rates, 1000);
    return Array.from({ length: 10_000 }, () => schedule(sent));
  };
  const share = (kind: Fault["kind"]) => drawn().filter((fault) => fault.kind === kind).length / 10_000;
  expect(drawn()).toEqual(drawn());
  expect(share("none")).toBeCloseTo(0.5, 1);
  expect(share("duplicate")).toBeCloseTo(0.2, 1);
  expect(share("delay")).toBe(0);
});
