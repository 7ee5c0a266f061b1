/** Clients share a store, and let go of it. */

import { expect, test } from "@playwright/test";

import { AdminClient, ChromaClient, destroy, open } from "../../pkg/src/index.js";
import { connectionLost } from "../../pkg/src/engine/errors.js";
import { engineError, installConnector, thrown } from "./support/engine.js";

test("a store is opened by the first call, once for all clients of it, and closed by the last", async () => {
  const log = installConnector();
  const clients = [new ChromaClient(), new ChromaClient({ tenant: "other" }), new ChromaClient({ name: "default" })];
  const admin = new AdminClient();
  expect(log.requests).toHaveLength(0);
  await Promise.all([...clients.map((client) => client.heartbeat()), admin.createTenant({ name: "t" })]);
  expect(log.requests).toEqual([
    { name: "default", storage: "auto", durability: "strict", allowReset: false, asked: {} },
  ]);
  await Promise.all(clients.map((client) => client.close()));
  expect(log.calls.map(({ method }) => method)).not.toContain("close");
  await admin.close();
  expect(log.calls.at(-1)?.method).toBe("close");
});

test("names, and storages asked for, are different stores; what auto resolved to is the same", async () => {
  const log = installConnector();
  const clients = await Promise.all([
    open({ name: "a" }),
    open({ name: "b" }),
    open({ name: "a", storage: "indexeddb" }),
    open({ name: "a", storage: "opfs" }),
  ]);
  expect(log.requests.map(({ name, storage }) => [name, storage])).toEqual([
    ["a", "auto"],
    ["b", "auto"],
    ["a", "indexeddb"],
  ]);
  await Promise.all(clients.map((client) => client.close()));
});

test("memory that is asked for belongs to one client", async () => {
  const log = installConnector();
  const clients = [await open({ storage: "memory" }), await open({ storage: "memory" })];
  expect(log.requests).toHaveLength(2);
  await Promise.all(clients.map((client) => client.close()));
});

test("options that contradict those of the open store are refused", async () => {
  installConnector();
  const client = await open({ durability: "relaxed", allowReset: true });
  const error = await thrown(() => open({ durability: "strict" }));
  expect(error.name).toBe("ChromaValueError");
  expect(error.message).toContain("durability = relaxed");
  const other = await open();
  await Promise.all([client.close(), other.close()]);
});

test("a closed client refuses every call, and closing again is nothing", async () => {
  installConnector();
  const client = await open();
  const collection = await client.createCollection({ name: "things", embeddingFunction: null });
  await client.close();
  await client.close();
  for (const call of [() => client.heartbeat(), () => client.info(), () => collection.count()]) {
    expect(await thrown(call)).toMatchObject({ name: "ChromaConnectionError", message: "The client is closed" });
  }
});

test("a store that could not be opened is tried again by the next call", async () => {
  const log = installConnector();
  const locked = engineError("StorageLockedError", 500, "the store is in use by another tab, worker or process: x", true);
  const { setConnector, connector } = await import("../../pkg/src/engine/connection.js");
  const working = connector();
  let failures = 1;
  setConnector({
    ...working,
    connect: (request, onLost) => (failures-- > 0 ? Promise.reject(locked) : working.connect(request, onLost)),
  });
  const client = new ChromaClient();
  const error = await thrown(() => client.heartbeat());
  expect(error).toMatchObject({ name: "ChromaServerError", message: locked.message });
  expect(error.cause).toMatchObject({ name: "StorageLockedError", retryable: true });
  expect(await client.heartbeat()).toBe(1);
  expect(log.requests).toHaveLength(1);
  await client.close();
});

test("a store whose engine was lost is opened again by the next call", async () => {
  const log = installConnector();
  const client = await open();
  log.lose(connectionLost("the worker stopped"));
  expect(await client.heartbeat()).toBe(1);
  expect(log.requests).toHaveLength(2);
  await client.close();
});

test("an open store is not destroyed, a closed one is", async () => {
  const log = installConnector();
  const client = await open({ name: "kept" });
  expect((await thrown(() => destroy("kept"))).name).toBe("ChromaValueError");
  expect(log.destroyed).toEqual([]);
  await client.close();
  await destroy("kept");
  expect(log.destroyed).toEqual(["kept"]);
});

test("info tells of the engine, the fallbacks and the browser's promises", async () => {
  installConnector({ info: { version: "0.1.0", storage: "opfs" } });
  const client = await open();
  expect(await client.info()).toMatchObject({
    version: "0.1.0",
    storage: "opfs",
    persistence: { persisted: false, requested: false },
    quota: null,
    fallbacks: [],
    worker: true,
    maintenance: { error: null },
  });
  await client.close();
});
