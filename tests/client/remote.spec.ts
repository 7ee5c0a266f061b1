/** Clients of a server: what the official client does, and what goes wrong. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, test as base } from "@playwright/test";
import { AdminClient, ChromaClient, EphemeralClient, type RunningServer, serve } from "chromatid/node";
import { createHandler, type HandlerOptions, tokens } from "chromatid/server";

import { cases, tinyExpect } from "./official-behaviour";

/** A server of this process, and a client of it. */
async function withServed<T>(
  options: Partial<HandlerOptions>,
  run: (server: RunningServer, client: ChromaClient) => Promise<T>,
): Promise<T> {
  const access = options.authorize ? {} : { insecure: true };
  const server = await serve(createHandler({ storage: "memory", versions: 3, ...access, ...options }), { host: "127.0.0.1", port: 0 });
  const client = new ChromaClient({ host: "127.0.0.1", port: server.port });
  try {
    return await run(server, client);
  } finally {
    await client.close();
    await server.close();
  }
}

/** A server that answers as it is told, and a client of it. */
async function withAnswers<T>(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  run: (client: ChromaClient, port: number) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = new ChromaClient({ host: "127.0.0.1", port });
  try {
    return await run(client, port);
  } finally {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function thrown(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (error: unknown) => error as Error,
  );
}

/** Its digits are more than a number beyond 2^53 has. */
const FLOAT = 2 / 3;

/** One server for all cases of a process of tests. */
const test = base.extend<object, { served: RunningServer & { compact: () => Promise<void> } }>({
  served: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const handler = createHandler({ storage: "memory", versions: 3, insecure: true });
      const server = await serve(handler, { host: "127.0.0.1", port: 0 });
      await use({ ...server, compact: () => handler.compact() });
      await server.close();
    },
    { scope: "worker" },
  ],
});

/** Functions of the caller are called where their store is open, and nowhere else. */
const isElsewhere = (name: string): boolean => name.startsWith("functions run over");

for (const each of cases.filter(({ name }) => !isElsewhere(name))) {
  test(`over HTTP: ${each.name}`, async ({ served }) => {
    const client = new ChromaClient({ host: "127.0.0.1", port: served.port });
    // Cases that want everything indexed ask the store itself.
    Object.assign(client, { compact: served.compact });
    try {
      await each.run(client, tinyExpect);
    } finally {
      await client.close();
    }
  });
}

test("tenants and databases are those of the server", async ({ served }) => {
  const admin = new AdminClient({ path: `${served.url}/api/v2/` });
  await admin.createTenant({ name: "acme" });
  await admin.createDatabase({ name: "docs", tenant: "acme" });
  expect(await admin.getTenant({ name: "acme" })).toBe("acme");
  expect((await admin.listDatabases({ tenant: "acme" })).map(({ name }) => name)).toEqual(["docs"]);
  const client = new ChromaClient({ path: served.url, tenant: "acme", database: "docs" });
  const collection = await client.createCollection({ name: "things", embeddingFunction: null });
  expect([collection.tenant, collection.database, await client.countCollections()]).toEqual(["acme", "docs", 1]);
  await admin.deleteDatabase({ name: "docs", tenant: "acme" });
  expect((await thrown(admin.getDatabase({ name: "docs", tenant: "acme" }))).name).toBe("ChromaNotFoundError");
  await Promise.all([admin.close(), client.close()]);
});

test("a client is local or one of a server", async () => {
  for (const store of [{ name: "x" }, { storage: "memory" as const }, { durability: "strict" as const }, { encryption: { passphrase: "x" } }]) {
    const [option] = Object.keys(store);
    expect(() => new ChromaClient({ host: "localhost", ...store })).toThrow(new RegExp(`local or one of a server: host name a server, ${option} a`));
  }
  expect(() => new ChromaClient({ path: "localhost" })).toThrow("localhost is no address of a server");
  expect(() => new ChromaClient({ path: "ftp://localhost" })).toThrow("ftp://localhost is no address of a server");
  expect(() => new ChromaClient({ host: "https://example.com" })).toThrow("is no address of a server");
  for (const token of ["“quoted”", "two\nlines"]) {
    const headers = { "x-chroma-token": token };
    const refused = await thrown(new Promise(() => new ChromaClient({ host: "localhost", headers })));
    expect([refused.name, refused.message]).toEqual(["ChromaValueError", expect.stringContaining('The header "x-chroma-token" cannot be sent')]);
    expect(refused.message).not.toContain(token);
  }
  expect(() => new EphemeralClient({ host: "localhost" } as object)).toThrow(/storage a local store/);
});

test("a token's tenant and database are found out, others are refused", async () => {
  const authorize = tokens([
    { token: "all" },
    { token: "one", user: "reader", tenant: "default_tenant", databases: ["articles"] },
    { token: "two", tenant: "default_tenant", databases: ["articles", "books"] },
    { token: "list", actions: ["db:list*"] },
  ]);
  await withServed({ authorize }, async ({ port }) => {
    const clientOf = (token: string, args: object = {}) => new ChromaClient({ host: "127.0.0.1", port, headers: { "x-chroma-token": token }, ...args });
    const all = clientOf("all");
    expect([all.tenant, await all.countCollections()]).toEqual([undefined, 0]);
    expect(await all._path()).toEqual({ tenant: "default_tenant", database: "default_database" });
    expect(all.database).toBe("default_database");
    const admin = new AdminClient({ host: "127.0.0.1", port, headers: { "x-chroma-token": "all" } });
    await admin.createDatabase({ name: "articles", tenant: "default_tenant" });

    const auth = { tokenHeaderType: "X_CHROMA_TOKEN", credentials: "one" };
    const one = new ChromaClient({ host: "127.0.0.1", port, auth });
    const made = await one.createCollection({ name: "things", embeddingFunction: null });
    expect(made.database).toBe("articles");
    // A handle knows no more than its id.
    expect(await one.collection(made.id).count()).toBe(0);
    expect(await one.getUserIdentity()).toMatchObject({ user_id: "reader", databases: ["articles"] });

    const two = await thrown(clientOf("two").countCollections());
    expect([two.name, two.message]).toEqual(["ChromaValueError", expect.stringContaining("name one of articles, books")]);
    const named = clientOf("two", { database: "articles" });
    expect((await named.listCollections()).map(({ name }) => name)).toEqual(["things"]);
    // One that may not even ask who it is.
    const list = clientOf("list");
    expect(await list.listCollections()).toEqual([]);
    expect((await thrown(list.deleteCollection({ name: "things" }))).name).toBe("ChromaForbiddenError");
    expect((await thrown(clientOf("none").heartbeat().then(() => clientOf("none").countCollections()))).name).toBe("ChromaAuthError");
  });
});

test("integers beyond 2^53 go and come as they are, in collections too", async () => {
  await withServed({}, async (_, client) => {
    const big = 9_007_199_254_740_993n;
    const metadata = { big, list: [1n, -big], float: FLOAT, text: "12345678901234567" } as never;
    const collection = await client.createCollection({ name: "things", embeddingFunction: null, metadata: { of: big } as never });
    expect(collection.metadata).toEqual({ of: big });
    await collection.add({ ids: ["9007199254740993"], embeddings: [[0.1, 2]], documents: ["9007199254740993"], metadatas: [metadata] });
    const found = await collection.get({ include: ["documents", "embeddings", "metadatas"] });
    expect(found.metadatas).toEqual([{ big, list: [1, -big], float: FLOAT, text: "12345678901234567" }]);
    expect([found.documents, found.embeddings]).toEqual([["9007199254740993"], [[Math.fround(0.1), 2]]]);
    const facets = await collection.facets({ keys: ["big"] });
    expect(facets[0]?.values).toEqual([{ value: big, count: 1 }]);
  });
});

test("writes of a collection keep their order", async () => {
  await withServed({}, async (_, client) => {
    const collection = await client.createCollection({ name: "things", embeddingFunction: null });
    const writes = Array.from({ length: 20 }, (_, n) => collection.upsert({ ids: ["x"], embeddings: [[n]], metadatas: [{ n }] }));
    writes.push(collection.delete({ ids: ["y"] }).then(() => undefined));
    await Promise.all(writes);
    expect((await collection.get()).metadatas).toEqual([{ n: 19 }]);
  });
});

test("a live query sees what another client writes", async () => {
  await withServed({}, async ({ port }, client) => {
    const other = new ChromaClient({ host: "127.0.0.1", port });
    const collection = await client.createCollection({ name: "things", embeddingFunction: null });
    const seen: string[][] = [];
    const end = collection.watch({ get: {} }, ({ ids }) => seen.push(ids));
    const counts: number[] = [];
    const facets: unknown[] = [];
    const endCount = collection.watch({ count: true }, (count) => counts.push(count));
    const endFacets = collection.watch({ facets: { keys: ["k"] } }, ([facet]) => facets.push(facet?.values));
    await expect.poll(() => [seen, counts, facets]).toEqual([[[]], [0], [[]]]);
    await (await other.getCollection({ name: "things" })).add({ ids: ["a"], embeddings: [[1]], metadatas: [{ k: "v" }] });
    await expect.poll(() => [seen, counts, facets]).toEqual([[[], ["a"]], [0, 1], [[], [{ value: "v", count: 1 }]]]);
    [end, endCount, endFacets].forEach((stop) => stop());
    await other.close();
  });
});

test("what only an open store can do is refused, with who does it", async () => {
  await withServed({}, async ({ url }, client) => {
    const refused = {
      verify: () => client.verify(),
      repair: () => client.repair(),
      flush: () => client.flush(),
      compact: () => client.compact(),
      maintain: () => client.maintain(),
      links: () => client.links(),
      export: () => client.export().getReader().read(),
      import: () => client.import(new Uint8Array(10)),
    };
    for (const [name, call] of Object.entries(refused)) {
      const error = await thrown(call());
      expect([name, error.name, error.message]).toEqual([name, "ChromaServerError", expect.stringContaining(`the data are at ${url}: `)]);
      expect(error.cause).toMatchObject({ name: "NotImplementedError", code: 501, retryable: false });
    }
    expect(() => client.registerFunction("f", () => undefined)).toThrow("Functions are called where their store is open");
    expect((await thrown(client.link({ name: "x" }, { remote: {} }))).message).toContain("A link keeps a local collection");
    expect((await thrown(client.reset())).name).toBe("ChromaForbiddenError");
    expect(await client.info()).toMatchObject({ storage: "server", version: "0.1.0", server: { url, kind: "chromatid" } });
  });
});

test("a server that is not there is told, with what to look at", async () => {
  const { port } = await withAnswers((_, response) => response.end(), (_, port) => Promise.resolve({ port }));
  const error = await thrown(new ChromaClient({ host: "127.0.0.1", port }).heartbeat());
  expect([error.name, error.message]).toEqual(["ChromaConnectionError", expect.stringContaining(`http://127.0.0.1:${String(port)} cannot be reached: is the server up`)]);
});

const ANSWERS = [
  [400, '{"error":"InvalidArgumentError","message":"no"}', "ChromaClientError", "Bad request to Chroma with status: no"],
  [401, '{"error":"ChromaError","message":"x"}', "ChromaAuthError", "Unauthorized"],
  [403, '{"error":"ChromaError","message":"x"}', "ChromaForbiddenError", "You do not have permission"],
  [404, '{"error":"NotFoundError","message":"x"}', "ChromaNotFoundError", "could not be found"],
  [404, "", "ChromaServerError", "does not know GET"],
  [404, "<html>nothing</html>", "ChromaServerError", "does not answer GET /tenants/default_tenant/databases/default_database/collections_count as a Chroma server does (404)"],
  [409, '{"error":"ChromaError","message":"x"}', "ChromaUniqueError", "already exists"],
  [413, "Payload too large", "ChromaServerError", "Payload too large"],
  [422, '{"error":"ChromaError","message":"Quota exceeded: x"}', "ChromaQuotaExceededError", "Quota exceeded: x"],
  [429, "You have been rate limited.", "ChromaRateLimitError", "Rate limit exceeded"],
  [501, '{"error":"ChromaError","message":"not here"}', "ChromaServerError", "not here"],
  [503, '{"error":"ChromaError","message":"later"}', "ChromaServerError", "later"],
  [500, "", "ChromaServerError", "answered 500"],
  [200, "<html>hello</html>", "ChromaServerError", "as a Chroma server does (200)"],
] as const;

for (const [status, body, name, message] of ANSWERS) {
  test(`an answer of ${String(status)} with ${body || "nothing"} is ${name}`, async () => {
    await withAnswers((_, response) => response.writeHead(status).end(body), async (client) => {
      const error = await thrown(client.countCollections());
      expect([error.name, error.message]).toEqual([name, expect.stringContaining(message)]);
      const retryable = [429, 503].includes(status);
      expect((error.cause as { retryable?: boolean }).retryable).toBe(retryable);
    });
  });
}

test("requests carry headers, options and base64 where the server takes it", async () => {
  const asked: { headers: IncomingMessage["headers"]; body: string; url: string | undefined }[] = [];
  const answer = (base64: boolean) => (request: IncomingMessage, response: ServerResponse, body: string) => {
    asked.push({ headers: request.headers, body, url: request.url });
    const isChecks = request.url?.endsWith("/pre-flight-checks");
    response.end(isChecks ? JSON.stringify({ max_batch_size: 5, supports_base64_encoding: base64 }) : "{}");
  };
  for (const [base64, written] of [[true, '"AACAPwAAAEA="'], [false, "[1,2]"]] as const) {
    await withAnswers(answer(base64), async (_, port) => {
      asked.length = 0;
      const client = new ChromaClient({ path: `http://127.0.0.1:${String(port)}/chroma/`, headers: { "x-own": "1" }, tenant: "acme", database: "a b", fetchOptions: { headers: { "x-fetch": "2" } } });
      const records = { ids: ["a"], embeddings: [[1, 2]] };
      await client.collection("id").add(records);
      expect((await thrown(client.collection("id").add({ ids: ["a", "b", "c", "d", "e", "f"], embeddings: Array.from({ length: 6 }, () => [1]) }))).name).toBe("ChromaValueError");
      const last = asked.at(-1);
      expect(last?.url).toBe("/chroma/api/v2/tenants/acme/databases/a%20b/collections/id/add");
      expect(last?.headers).toMatchObject({ "x-own": "1", "x-fetch": "2", "content-type": "application/json" });
      expect(last?.body).toBe(`{"ids":["a"],"embeddings":[${written}]}`);
      await client.close();
    });
  }
});

test("closing a client, or aborting its requests, ends them", async () => {
  await withAnswers(() => undefined, async (client, port) => {
    const waiting = thrown(client.heartbeat());
    await client.close();
    expect(await waiting).toMatchObject({ name: "ChromaConnectionError", message: "The client is closed" });
    expect(await thrown(client.heartbeat())).toMatchObject({ name: "ChromaConnectionError", message: "The client is closed" });
    const aborting = new AbortController();
    const other = new ChromaClient({ host: "127.0.0.1", port, fetchOptions: { signal: aborting.signal } });
    const aborted = thrown(other.heartbeat());
    aborting.abort();
    expect((await aborted).name).toBe("ChromaConnectionError");
    expect((await thrown(other.heartbeat())).name).toBe("ChromaConnectionError");
  });
});

test("a live query outlives a server that is busy for a while", async () => {
  let busy = false;
  let answers = 0;
  await withAnswers((request, response) => {
    answers += request.url?.endsWith("/get") ? 1 : 0;
    response.writeHead(busy ? 503 : 200).end(busy ? "" : JSON.stringify({ ids: [String(answers)] }));
  }, async (client) => {
    const seen: string[][] = [];
    const errors: unknown[] = [];
    const end = client.collection("id").watch({ get: {} }, ({ ids }) => seen.push(ids), (error) => errors.push(error));
    await expect.poll(() => seen.length).toBe(1);
    busy = true;
    const before = answers;
    await expect.poll(() => answers).toBeGreaterThan(before);
    busy = false;
    await expect.poll(() => seen.length).toBe(2);
    expect(errors).toEqual([]);
    end();
  });
});
