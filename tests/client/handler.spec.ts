/** The HTTP handler around the engine: who is let in, from where, how much, how long. */

import { expect, test } from "@playwright/test";

import { createHandler, ForbiddenError, type HandlerOptions, tokens } from "chromatid/server";

import { makeHandler } from "../../pkg/src/server/handler";
import type { Host, HttpAnswer, ServerEngine } from "../../pkg/src/server/host";

const API = "http://localhost/api/v2";
const COLLECTIONS = "/tenants/default_tenant/databases/default_database/collections";

function request(path: string, { body, ...init }: Omit<RequestInit, "body"> & { body?: unknown } = {}): Request {
  const headers = { ...(body !== undefined && { "content-type": "application/json" }), ...(init.headers as Record<string, string>) };
  return new Request(API + path, { ...init, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

/** A handler whose engine answers as it is told. */
function handlerOf(handle: () => Promise<HttpAnswer> | HttpAnswer, options: Partial<HandlerOptions> = {}) {
  const opened: { closed: boolean }[] = [];
  const open = (): Promise<Host> => {
    const store = { closed: false };
    opened.push(store);
    const engine = {
      handle: async () => handle(),
      close: () => {
        store.closed = true;
        return Promise.resolve();
      },
    } as unknown as ServerEngine;
    return Promise.resolve({ engine, version: "1.2.3", route: () => ({ action: "", tenant: "", database: "" }) });
  };
  return { handler: makeHandler(open, { storage: "memory", insecure: true, ...options }), opened };
}

const answer = (status: number, body = "{}"): HttpAnswer => ({
  status,
  body: new TextEncoder().encode(body),
  contentType: "application/json",
  allow: null,
  write: null,
  wait: 0,
});

test("nobody is let in without being told how", async () => {
  const handler = createHandler({ storage: "memory" });
  for (const path of ["/heartbeat", "/tenants/default_tenant", COLLECTIONS, "/nope"]) {
    const response = await handler(request(path));
    expect(response.status, path).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect((await response.json()) as object).toMatchObject({ error: "ChromaError" });
  }
  await handler.close();
});

test("tokens let in where and for what they say", async () => {
  const authorize = tokens([
    { token: "admin", user: "root" },
    { token: "reader", tenant: "default_tenant", databases: ["default_database"], actions: ["collection:get*", "db:list_*"] },
    { token: "other", tenant: "other" },
  ]);
  const handler = createHandler({ storage: "memory", authorize, allowReset: true });
  const ask = async (path: string, token: string | undefined, init: Parameters<typeof request>[1] = {}) => {
    const headers: Record<string, string> = token === undefined ? {} : { "x-chroma-token": token };
    return (await handler(request(path, { ...init, headers }))).status;
  };
  const create = { method: "POST", body: { name: "things" } };

  expect(await ask("/version", undefined)).toBe(200);
  expect(await ask(COLLECTIONS, undefined)).toBe(401);
  expect(await ask(COLLECTIONS, "wrong")).toBe(401);
  expect(await ask(COLLECTIONS, "admin", create)).toBe(200);
  expect(await ask(COLLECTIONS, "reader")).toBe(200);
  expect(await ask(COLLECTIONS, "reader", create)).toBe(403);
  expect(await ask(`${COLLECTIONS}/things`, "reader", { method: "DELETE" })).toBe(403);
  // Another tenant's, whatever actions it is for.
  expect(await ask(COLLECTIONS, "other")).toBe(403);
  expect(await ask("/reset", "other", { method: "POST" })).toBe(403);

  const bearer = await handler(request("/auth/identity", { headers: { authorization: "Bearer admin" } }));
  expect(await bearer.json()).toEqual({ user_id: "root", tenant: "*", databases: ["*"] });
  await handler.close();
});

test("whether a collection is created or found is told apart", async () => {
  const authorize = tokens([{ token: "t", actions: ["db:get_or_create_collection"] }]);
  const handler = createHandler({ storage: "memory", authorize });
  const create = async (body: object) =>
    (await handler(request(COLLECTIONS, { method: "POST", body, headers: { "x-chroma-token": "t" } }))).status;
  expect(await create({ name: "things" })).toBe(403);
  expect(await create({ name: "things", get_or_create: true })).toBe(200);
  await handler.close();
});

test("an empty token is a mistake, and whoever checks may refuse with a reason", async () => {
  expect(() => tokens([{ token: "" }])).toThrow(TypeError);
  const handler = createHandler({
    storage: "memory",
    authorize: () => {
      throw new ForbiddenError("not on Sundays");
    },
  });
  const response = await handler(request(COLLECTIONS));
  expect([response.status, await response.json()]).toEqual([403, { error: "ChromaError", message: "not on Sundays" }]);
  await handler.close();
});

test("pages of other origins are let in where they are named", async () => {
  const { handler } = handlerOf(() => answer(200), { cors: { origins: ["https://good.test"], maxAge: 5 } });
  const ask = (origin: string, method: string, headers: Record<string, string> = {}) =>
    handler(request("/version", { method, headers: { origin, ...headers } }));
  const asked = { "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type" };

  const good = await ask("https://good.test", "OPTIONS", asked);
  expect(good.status).toBe(200);
  expect(good.headers.get("access-control-allow-origin")).toBe("https://good.test");
  expect(good.headers.get("access-control-allow-headers")).toBe("authorization,content-type");
  expect(good.headers.get("access-control-max-age")).toBe("5");
  expect((await ask("https://good.test", "GET")).headers.get("access-control-allow-origin")).toBe("https://good.test");
  expect((await ask("https://bad.test", "OPTIONS", asked)).headers.get("access-control-allow-origin")).toBeNull();
  expect((await ask("https://bad.test", "GET")).headers.get("access-control-allow-origin")).toBeNull();
  expect((await ask("https://bad.test", "GET")).headers.get("vary")).toBe("origin");

  const closed = handlerOf(() => answer(200)).handler;
  const headers = { origin: "https://good.test" };
  expect((await closed(request("/version", { headers }))).headers.get("access-control-allow-origin")).toBeNull();
});

test("a body is read no further than it may go, whatever its length is said to be", async () => {
  const handler = createHandler({ storage: "memory", insecure: true, limits: { bodyBytes: 100 } });
  const large = await handler(request("/tenants", { method: "POST", body: { name: "x".repeat(200) } }));
  expect([large.status, await large.text()]).toEqual([413, "Payload too large"]);
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent += 1;
      controller.enqueue(new Uint8Array(40));
    },
  });
  const init = { method: "POST", body: endless, duplex: "half", headers: { "content-type": "application/json" } };
  expect((await handler(new Request(`${API}/tenants`, init as RequestInit))).status).toBe(413);
  expect(sent).toBeLessThan(10);

  // Who still sends when the answer comes may never read it: what is a little too long is taken in to its end.
  const chunks = [40, 40, 40, 40];
  let end = "";
  const finite = new ReadableStream({
    pull(controller) {
      const bytes = chunks.shift();
      if (bytes === undefined) {
        end = "read";
        controller.close();
      } else {
        controller.enqueue(new Uint8Array(bytes));
      }
    },
    cancel() {
      end = "cut off";
    },
  });
  const last = { ...init, body: finite };
  expect((await handler(new Request(`${API}/tenants`, last as RequestInit))).status).toBe(413);
  expect(end).toBe("read");
  await handler.close();
});

test("clients are told how much to write at a time", async () => {
  for (const [batchSize, told] of [[undefined, 5461], [7, 7]]) {
    const handler = createHandler({ storage: "memory", insecure: true, limits: { batchSize } });
    expect(await (await handler(request("/pre-flight-checks"))).json()).toMatchObject({ max_batch_size: told });
    await handler.close();
  }
});

test("more requests at once than may be are turned away, and one that takes too long is given up", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const { handler } = handlerOf(async () => (await held, answer(200)), { limits: { concurrency: 2, milliseconds: 50 } });
  const under = [handler(request("/version")), handler(request("/version"))];
  const third = await handler(request("/version"));
  expect([third.status, await third.text(), third.headers.get("retry-after")]).toEqual([429, "You have been rate limited.", "1"]);
  const late = await Promise.all(under);
  expect(late.map(({ status }) => status)).toEqual([504, 504]);
  expect(((await late[0]!.json()) as { message: string }).message).toContain("Whether a write was made is not known");
  release();
  expect((await handler(request("/version"))).status).toBe(200);
  expect(handler.counters()).toMatchObject({ requests: 4, active: 0, statuses: { 200: 1, 429: 1, 504: 2 } });
});

test("answers tell the version and the trace", async () => {
  const { handler } = handlerOf(() => answer(200));
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const traced = await handler(request("/version", { headers: { traceparent } }));
  expect(traced.headers.get("traceparent")).toBe(traceparent);
  expect(traced.headers.get("chroma-trace-id")).toBe("0af7651916cd43dd8448eb211c80319c");
  expect(traced.headers.get("chromatid-version")).toBe("1.2.3");
  const untraced = await handler(request("/version"));
  expect(untraced.headers.get("chroma-trace-id")).toMatch(/^[0-9a-f]{32}$/);
});

test("a store that another has taken over is opened again by the next request", async () => {
  const locked = '{"error":"StorageLockedError","message":"the store is in use"}';
  const answers = [answer(200), answer(500, locked), answer(200), answer(503), answer(500, '{"error":"InternalError"}'), answer(200)];
  const { handler, opened } = handlerOf(() => answers.shift() ?? answer(200));
  const statuses = [];
  for (let asked = 0; asked < 6; asked += 1) {
    statuses.push((await handler(request("/version"))).status);
  }
  expect(statuses).toEqual([200, 500, 200, 503, 500, 200]);
  // After the second request, and after the fourth; other errors leave the store as it is.
  expect(opened.map(({ closed }) => closed)).toEqual([true, true, false]);
});

test("closing waits for what is under way, and refuses what comes later", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const { handler, opened } = handlerOf(async () => (await held, answer(200)));
  const under = handler(request("/version"));
  await handler.ready();
  const closing = handler.close();
  expect((await handler(request("/version"))).status).toBe(503);
  expect(opened).toEqual([{ closed: false }]);
  release();
  expect((await under).status).toBe(200);
  await closing;
  expect(opened).toEqual([{ closed: true }]);
});
