/** An engine that stops while calls wait for it is started again, and they are answered, each done once. */

import { expect, test } from "@playwright/test";

import type { EngineRuntime, OpenRequest } from "../../pkg/src/engine/fallback.js";
import { connectWorker } from "../../pkg/src/engine/open.js";
import type { Applied, RequestStamp } from "../../pkg/src/engine/requests.js";
import { MOVED_BYTES, own } from "../../pkg/src/engine/transfer.js";
import { interceptEngine } from "../../pkg/src/engine/engine.js";
import { thrown } from "./support/engine.js";
import { type FakeWorker, fakeWorker } from "./support/port.js";

const request: OpenRequest = { name: "store", storage: "indexeddb", durability: "strict", housekeeping: "manual" };
const where = ["default_tenant", "default_database", "id"] as const;

/** What happens to a call. */
type Fate = "done" | "trap before" | "trap after" | "die before" | "die after";

/** A store that outlives the engines on it, and workers that start one after the other. */
class Device {
  readonly done: { method: string; ids: unknown; rows: number }[] = [];
  readonly workers: FakeWorker[] = [];
  /** What the engine was opened with, each time. */
  readonly opened: object[] = [];
  /** What happens to the writes that come, in order; then all are done. */
  readonly fates: Fate[];
  readonly #applied = new Map<string, Applied>();

  constructor(...fates: Fate[]) {
    this.fates = fates;
  }

  readonly start = (): Worker => {
    const fake = fakeWorker(this.#runtime(() => fake));
    this.workers.push(fake);
    return fake.worker;
  };

  async connect(options: Partial<OpenRequest> = {}) {
    const lost: Error[] = [];
    const { engine } = await connectWorker(this.start, { ...request, ...options }, (error) => lost.push(error));
    return { engine, lost };
  }

  #runtime(self: () => FakeWorker): EngineRuntime {
    let numbers = 0;
    const engine = interceptEngine(async (method, args) => {
      if (method === "applied") {
        return this.#applied.get(args.join()) ?? null;
      }
      if (method === "once") {
        const [stamp, name, [, , , records]] = args as [RequestStamp, string, unknown[]];
        return this.#write(self(), stamp, name, records as { ids: string[]; embeddings?: { data: Float32Array } });
      }
      if (method === "beginExport") {
        return ++numbers;
      }
      if (method === "nextExport") {
        return new Uint8Array([this.workers.length, args[0] as number]);
      }
      return method === "count" ? this.#meet(self(), () => Promise.resolve(this.done.length)) : undefined;
    });
    const open = (options: object) => {
      this.opened.push(options);
      return Promise.resolve(engine);
    };
    return { open, destroy: () => Promise.resolve() };
  }

  #write(self: FakeWorker, stamp: RequestStamp, method: string, records: { ids: string[]; embeddings?: { data: Float32Array } }) {
    return this.#meet(self, () => {
      this.done.push({ method, ids: records.ids, rows: records.embeddings?.data.length ?? 0 });
      this.#applied.set(`${stamp.client},${stamp.number}`, { sequence: this.done.length, operations: records.ids.length });
      return Promise.resolve(method === "delete" ? { deleted: records.ids.length } : undefined);
    });
  }

  async #meet(self: FakeWorker, act: () => Promise<unknown>): Promise<unknown> {
    const fate = this.fates.shift() ?? "done";
    const answer = fate.endsWith("before") ? undefined : await act();
    if (fate.startsWith("trap")) {
      throw new WebAssembly.RuntimeError("unreachable");
    }
    if (fate.startsWith("die")) {
      self.fail("error", { message: "gone" });
      return new Promise(() => undefined);
    }
    return answer;
  }
}

test("a worker is told when its caller asked, however late it hears of it", async () => {
  const device = new Device();
  const before = Date.now();
  const late = () => new Promise<undefined>((resolve) => setTimeout(resolve, 50, undefined));
  const connecting = connectWorker(device.start, request, () => undefined, late);
  const after = Date.now();
  const { engine } = await connecting;
  const [{ begun } = {}] = device.opened as { begun?: number }[];
  expect(begun).toBeGreaterThanOrEqual(before);
  expect(begun).toBeLessThanOrEqual(after);
  await engine.close();
});

for (const fate of ["trap before", "trap after", "die before", "die after"] as const) {
  test(`a write whose engine stops (${fate}) is done once, and answered`, async () => {
    const device = new Device(fate);
    const { engine, lost } = await device.connect();
    expect(await engine.delete(...where, { ids: ["a", "b"] })).toEqual({ deleted: 2 });
    expect(device.done).toEqual([{ method: "delete", ids: ["a", "b"], rows: 0 }]);
    expect([device.workers.length, device.workers[0]?.terminated(), lost.length]).toEqual([2, true, 0]);
    await engine.close();
  });
}

test("all calls that wait are answered by the next engine, in their order", async () => {
  const device = new Device("done", "trap after");
  const { engine } = await device.connect();
  const answers = Promise.all([
    engine.add(...where, { ids: ["1"] }),
    engine.add(...where, { ids: ["2"] }),
    engine.add(...where, { ids: ["3"] }),
    engine.count(...where),
  ]);
  await answers;
  expect(device.done.map(({ ids }) => String(ids))).toEqual(["1", "2", "3"]);
  await engine.close();
});

test("vectors that moved to the engine come back from one that stops, and are asked for again", async () => {
  const device = new Device("trap before");
  const { engine } = await device.connect();
  const data = own(new Float32Array(MOVED_BYTES / 4));
  await engine.add(...where, { ids: ["a"], embeddings: { data, dimension: data.length } });
  expect(data.length).toBe(0);
  expect(device.done).toEqual([{ method: "add", ids: ["a"], rows: MOVED_BYTES / 4 }]);
  await engine.close();
});

test("what moved to a worker that ends without a word is lost, and its caller told", async () => {
  const device = new Device("die before");
  const { engine } = await device.connect();
  const data = own(new Float32Array(MOVED_BYTES / 4));
  const error = await thrown(() => engine.add(...where, { ids: ["a"], embeddings: { data, dimension: data.length } }));
  expect(error).toMatchObject({ name: "ConnectionLostError" });
  expect(await engine.count(...where)).toBe(0);
  await engine.close();
});

test("a request that stops the engine three times is refused, and others go on", async () => {
  const device = new Device("trap before", "trap before", "trap before");
  const { engine, lost } = await device.connect();
  const error = await thrown(() => engine.add(...where, { ids: ["bad"] }));
  expect(error).toMatchObject({ name: "InternalError" });
  expect(error.message).toContain("this request has stopped the engine 3 times");
  await engine.add(...where, { ids: ["good"] });
  expect(device.done.map(({ ids }) => String(ids))).toEqual(["good"]);
  expect(lost).toEqual([]);
  await engine.close();
});

test("an export does not go on in the next engine, where its number is that of another", async () => {
  const device = new Device("die before");
  const { engine } = await device.connect();
  const request = { tenant: "t", database: "d", skip_damaged: false };
  const first = await engine.beginExport(request);
  expect(await engine.nextExport(first)).toEqual(new Uint8Array([1, 1]));
  expect(await engine.count(...where)).toBe(0);
  const second = await engine.beginExport(request);
  expect(await thrown(() => engine.nextExport(first))).toMatchObject({ name: "ConnectionLostError" });
  expect(await engine.nextExport(second)).toEqual(new Uint8Array([2, 1]));
  expect(device.workers.length).toBe(2);
  await engine.close();
});

test("a store in memory is not started again: it would be empty", async () => {
  const device = new Device("trap before");
  const { engine, lost } = await device.connect({ storage: "memory" });
  expect(await thrown(() => engine.add(...where, { ids: ["a"] }))).toMatchObject({ name: "ConnectionLostError" });
  expect([device.workers.length, lost.length]).toEqual([1, 1]);
});

test("where the store cannot be opened again, those who wait are told why", async () => {
  const device = new Device("trap before");
  const { engine, lost } = await device.connect();
  const start = device.workers.length;
  const refuse = fakeWorker({
    open: () => Promise.reject(Object.assign(new Error("block 7 is damaged"), { name: "CorruptionError", code: 500, retryable: false })),
    destroy: () => Promise.resolve(),
  });
  Object.assign(device, { fates: ["trap before"] });
  const connection = await connectWorker(
    (() => {
      let started = 0;
      return () => (started++ === 0 ? device.start() : refuse.worker);
    })(),
    request,
    (error) => lost.push(error),
  );
  expect(await thrown(() => connection.engine.add(...where, { ids: ["a"] }))).toMatchObject({ name: "CorruptionError" });
  expect([lost.at(-1)?.name, device.workers.length]).toEqual(["CorruptionError", start + 1]);
  await engine.close();
});
