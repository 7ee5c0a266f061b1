/** Calls to an engine behind a message port: what crosses, what moves, and what breaks. */

import { expect, test } from "@playwright/test";

import { connectWorker } from "../../pkg/src/engine/open.js";
import type { EngineRuntime, OpenRequest } from "../../pkg/src/engine/fallback.js";
import { ownFiles } from "../../pkg/src/engine/page.js";
import { MOVED_BYTES, own } from "../../pkg/src/engine/transfer.js";
import { type Answers, engineError, scriptedEngine, thrown } from "./support/engine.js";
import { type FakeWorker, fakeWorker } from "./support/port.js";

const request: OpenRequest = { name: "store", storage: "auto", durability: "strict" };
const where = ["default_tenant", "default_database", "id"] as const;

function runtimeOf(answers: Answers, open?: (storage: unknown) => void) {
  const { engine, calls } = scriptedEngine(answers);
  const runtime: EngineRuntime = {
    async open({ storage }) {
      open?.(storage);
      return Promise.resolve(engine);
    },
    destroy: () => Promise.resolve(),
  };
  return { runtime, calls };
}

async function connect(fake: FakeWorker) {
  const lost: Error[] = [];
  const connection = await connectWorker(fake.worker, request, (error) => lost.push(error), ownFiles.module);
  return { connection, engine: connection.engine, lost };
}

test("calls and answers cross with their values", async () => {
  const { runtime, calls } = runtimeOf({ count: 7, getTenant: (name: string) => ({ name, resource_name: null }) });
  const { connection, engine } = await connect(fakeWorker(runtime));
  expect([connection.storage, connection.fallbacks, connection.worker]).toEqual(["opfs", [], true]);
  expect(await engine.count(...where, "index_only")).toBe(7);
  expect(await engine.getTenant("t")).toEqual({ name: "t", resource_name: null });
  expect(calls[0]).toEqual({ method: "count", args: [...where, "index_only"] });
  expect(await connection.care()).toEqual({ error: null });
  await engine.close();
});

test("overlapping calls get their own answers, in whatever order they come", async () => {
  const release: (() => void)[] = [];
  const { runtime } = runtimeOf({
    getTenant: (name: string) => new Promise((resolve) => release.push(() => resolve({ name }))),
  });
  const { engine } = await connect(fakeWorker(runtime));
  const answers = ["a", "b", "c"].map((name) => engine.getTenant(name));
  await expect.poll(() => release.length).toBe(3);
  release.reverse().forEach((resolve) => resolve());
  expect((await Promise.all(answers)).map(({ name }) => name)).toEqual(["a", "b", "c"]);
  await engine.close();
});

test("errors cross with name, message, code and retryable", async () => {
  const { runtime } = runtimeOf({ count: engineError("ChromaError", 429, "busy", true) });
  const { engine } = await connect(fakeWorker(runtime));
  const error: unknown = await engine.count(...where).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: "ChromaError", code: 429, message: "busy", retryable: true });
  await engine.close();
});

/** A vector that is worth moving. */
const large = (value: number) => new Float32Array(MOVED_BYTES / 4).fill(value);

test("vectors made for a call move; the caller's are copied and stay whole", async () => {
  const { runtime, calls } = runtimeOf({});
  const fake = fakeWorker(runtime);
  const { engine } = await connect(fake);
  const [ours, callers, small] = [own(large(1)), large(2), own(new Float32Array([3, 4]))];
  await engine.add(...where, { ids: ["a"], embeddings: { data: ours, dimension: ours.length } });
  await engine.add(...where, { ids: ["b"], embeddings: { data: callers, dimension: callers.length } });
  await engine.add(...where, { ids: ["c"], embeddings: { data: small, dimension: 2 } });
  expect([ours.length, callers.length, small.length]).toEqual([0, MOVED_BYTES / 4, 2]);
  expect(fake.posted.slice(-3).map(({ transfer }) => transfer.length)).toEqual([1, 0, 0]);
  const received = calls.map(({ args }) => (args[3] as { embeddings: { data: Float32Array } }).embeddings.data);
  expect(received).toEqual([large(1), large(2), new Float32Array([3, 4])]);
  await engine.close();
});

test("vectors of results move, but views into a larger memory are copied", async () => {
  const memory = large(5);
  const columns = { ids: ["a"], documents: null, uris: null, metadatas: null };
  const [whole, small] = [large(1), new Float32Array([3])];
  const { runtime } = runtimeOf({
    query: {
      rows: [
        { ...columns, embeddings: { data: whole, dimension: whole.length } },
        { ...columns, embeddings: { data: memory.subarray(1, 3), dimension: 2 } },
      ],
      distances: [whole.subarray(0), memory.subarray(1, 2), small],
    },
  });
  const { engine } = await connect(fakeWorker(runtime));
  const query = { query_embeddings: { data: new Float32Array(2), dimension: 2 }, n_results: 1, include: [] };
  const { rows, distances } = await engine.query(...where, query);
  expect(rows.map(({ embeddings }) => embeddings?.data)).toEqual([large(1), new Float32Array([5, 5])]);
  expect(distances).toEqual([large(1), new Float32Array([5]), small]);
  expect([whole.length, memory.length, small.length]).toEqual([0, MOVED_BYTES / 4, 1]);
  await engine.close();
});

test("any key of metadata crosses as a plain member", async () => {
  const metadata: unknown = JSON.parse('{"__proto__": 1, "constructor": 2}');
  const { runtime, calls } = runtimeOf({});
  const { engine } = await connect(fakeWorker(runtime));
  await engine.add(...where, { ids: ["a"], metadatas: [metadata as object] });
  const [received] = (calls[0]?.args[3] as { metadatas: object[] }).metadatas;
  expect(Object.entries(received ?? {})).toEqual([["__proto__", 1], ["constructor", 2]]);
  await engine.close();
});

test("only methods of the engine are dispatched", async () => {
  const { runtime } = runtimeOf({});
  const fake = fakeWorker(runtime);
  const { engine } = await connect(fake);
  for (const method of ["constructor", "__proto__", "toString", "free", "destroyAll", ""]) {
    const answer = new Promise<{ error?: { name: string } }>((resolve) => {
      const { onmessage } = fake.worker;
      fake.worker.onmessage = (event) => {
        fake.worker.onmessage = onmessage;
        resolve(event.data as { error?: { name: string } });
      };
    });
    fake.worker.postMessage({ id: 1000, method, args: [] });
    expect((await answer).error?.name).toBe("InvalidArgumentError");
  }
  await engine.close();
});

test("arguments that cannot be sent are refused, and the connection lives on", async () => {
  const { runtime } = runtimeOf({ count: 1 });
  const { engine } = await connect(fakeWorker(runtime));
  const error = await thrown(() => engine.add(...where, { ids: [(() => 1) as never] }));
  expect(error).toMatchObject({ name: "InvalidArgumentError" });
  expect(await engine.count(...where)).toBe(1);
  await engine.close();
});

for (const type of ["error", "messageerror"] as const) {
  test(`when the worker dies of ${type}, pending and later calls are rejected and it is terminated`, async () => {
    const { runtime } = runtimeOf({ count: () => new Promise(() => {}) });
    const fake = fakeWorker(runtime);
    const { engine, lost } = await connect(fake);
    const pending = [engine.count(...where), engine.count(...where)].map((call) => thrown(() => call));
    fake.fail(type, { message: "out of memory" });
    for (const error of [...(await Promise.all(pending)), await thrown(() => engine.heartbeat())]) {
      expect(error.name).toBe("ConnectionLostError");
    }
    expect([lost.length, fake.terminated()]).toEqual([1, true]);
  });
}

test("a worker that cannot start fails the opening", async () => {
  const fake = fakeWorker();
  const opening = thrown(() => connect(fake));
  fake.fail("error", { message: "404" });
  expect(await opening).toMatchObject({ name: "ConnectionLostError" });
  expect(fake.terminated()).toBe(true);
});

test("a trap of the engine reaches its caller, and ends a connection that cannot be made anew", async () => {
  const { runtime } = runtimeOf({ count: new WebAssembly.RuntimeError("unreachable"), getTenant: () => new Promise(() => {}) });
  const fake = fakeWorker(runtime);
  const { engine, lost } = await connect(fake);
  const bystander = thrown(() => engine.getTenant("t"));
  const message = "the engine stopped (RuntimeError: unreachable): open the store again";
  expect(await thrown(() => engine.count(...where))).toMatchObject({ name: "ConnectionLostError", message });
  expect((await bystander).name).toBe("ConnectionLostError");
  expect([lost.length, fake.terminated()]).toEqual([1, true]);
});

test("closing closes the engine, then ends the worker and refuses later calls", async () => {
  const { runtime, calls } = runtimeOf({});
  const fake = fakeWorker(runtime);
  const { engine } = await connect(fake);
  await engine.close();
  expect([calls.at(-1)?.method, fake.terminated()]).toEqual(["close", true]);
  expect((await thrown(() => engine.count(...where))).message).toBe("the store is closed");
});

test("auto moves on from a storage that does not exist, and says so", async () => {
  const unsupported = engineError("StorageUnsupportedError", 500, "opfs storage is not available here: private mode");
  const { runtime } = runtimeOf({}, (storage) => {
    if (storage === "opfs") {
      throw unsupported;
    }
  });
  const { connection } = await connect(fakeWorker(runtime));
  expect(connection.storage).toBe("indexeddb");
  expect(connection.fallbacks).toEqual([{ storage: "opfs", reason: unsupported.message }]);
  await connection.engine.close();
});

for (const [name, retryable] of [["StorageLockedError", true], ["CorruptionError", false], ["StorageError", false]] as const) {
  test(`auto does not open another, empty store instead of one with a ${name}`, async () => {
    const tried: unknown[] = [];
    const { runtime } = runtimeOf({}, (storage) => {
      tried.push(storage);
      throw engineError(name, 500, "not to be opened", retryable);
    });
    const fake = fakeWorker(runtime);
    expect(await thrown(() => connect(fake))).toMatchObject({ name, message: "not to be opened" });
    expect([tried, fake.terminated()]).toEqual([["opfs"], true]);
  });
}

test("the page compiles the wasm and hands it over; where it cannot, the worker gets none", async () => {
  const provided: unknown[] = [];
  const open = async () => {
    const { runtime } = runtimeOf({});
    const { engine } = await connect(fakeWorker({ ...runtime, provide: (module) => void provided.push(module) }));
    await engine.close();
  };
  const { fetch } = globalThis;
  try {
    const emptyModule = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const headers = { "content-type": "application/wasm" };
    globalThis.fetch = () => Promise.resolve(new Response(emptyModule, { headers }));
    await open();
    globalThis.fetch = () => Promise.reject(new TypeError("no network"));
    await open();
  } finally {
    globalThis.fetch = fetch;
  }
  expect(provided).toHaveLength(1);
  expect(provided[0]).toBeInstanceOf(WebAssembly.Module);
});
