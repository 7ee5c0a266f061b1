/** `chromatid run`: a server that starts, is reached by those who may, and ends without losing an answer. */

import { existsSync, writeFileSync } from "node:fs";
import { createServer, get, request } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import { expect, test } from "@playwright/test";
import { ChromaClient } from "chromadb";

import { apiOf, cli, CliProcess, createCollection, startServer, until, withServer } from "./support/cli";
import { withDirectory } from "./support/node-process";

const RECORD = '{"ids":["a"],"embeddings":[[1,2]],"documents":["kept"]}';

test("a banner says where it is and where the data are, and the official client works on it", () =>
  withDirectory(async (directory) => {
    const { url, process } = await startServer("--path", directory);
    expect(process.stdout.split("\n")).toEqual([expect.stringMatching(/^chromatid \d+\.\d+\.\d+ serves http:\/\/localhost:\d+$/), `from ${directory}`, ""]);
    const { hostname, port } = new URL(url);
    const client = new ChromaClient({ host: hostname, port: Number(port) });
    const collection = await client.createCollection({ name: "things", embeddingFunction: null });
    await collection.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["kept"] });
    process.signal("SIGINT");
    expect(await process.ended).toMatchObject({ code: 0, stderr: "" });
    await withServer(["--path", directory], async (again) => {
      const { hostname, port } = new URL(again.url);
      const same = await new ChromaClient({ host: hostname, port: Number(port) }).getCollection({ name: "things" });
      expect((await same.get()).documents).toEqual(["kept"]);
    });
  }));

test("the default directory is that of `chroma run`", () =>
  withDirectory(async (directory) => {
    const server = new CliProcess(["run", "--port", "0"], { cwd: directory });
    await until(() => server.stdout.endsWith("\n"));
    expect(server.stdout).toContain(`from ${path.join(directory, "chroma")}\n`);
    server.signal("SIGTERM");
    expect((await server.ended).code).toBe(0);
    expect(existsSync(path.join(directory, "chroma", "root"))).toBe(true);
  }));

/** A request whose body comes in two halves. */
function halfSent(url: string, route: string, body: string) {
  const { port } = new URL(url);
  const headers = { "content-type": "application/json", "content-length": String(body.length) };
  const sending = request({ host: "localhost", port, path: `/api/v2${route}`, method: "POST", headers });
  const status = new Promise<number>((resolve, reject) => {
    sending.once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sending.once("error", reject);
  });
  sending.write(body.slice(0, body.length / 2));
  return { status, finish: () => sending.end(body.slice(body.length / 2)) };
}

async function refusesConnections(url: string): Promise<boolean> {
  return fetch(`${url}/api/v2/heartbeat`).then(
    () => false,
    () => true,
  );
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} lets a request under way come to its end, and no new one in`, () =>
    withDirectory(async (directory) => {
      const { url, process } = await startServer("--path", directory);
      const records = await createCollection(apiOf(url), '{"name":"things"}');
      const underWay = halfSent(url, `${records}/add`, RECORD);
      // The half is there when an answer to what came later is.
      await apiOf(url)("GET", "/heartbeat");
      process.signal(signal);
      await until(() => refusesConnections(url));
      expect(process.isRunning).toBe(true);
      underWay.finish();
      expect(await underWay.status).toBe(201);
      expect(await process.ended).toMatchObject({ code: 0, stderr: "" });
      await withServer(["--path", directory], async (again) => {
        expect(await apiOf(again.url)("GET", `${records}/count`)).toBe("1");
      });
    }));
}

test("a second signal ends it at once", () =>
  withDirectory(async (directory) => {
    const { url, process } = await startServer("--path", directory);
    const records = await createCollection(apiOf(url), '{"name":"things"}');
    const underWay = halfSent(url, `${records}/add`, RECORD);
    const broken = expect(underWay.status).rejects.toThrow();
    await apiOf(url)("GET", "/heartbeat");
    process.signal("SIGINT");
    await until(() => refusesConnections(url));
    process.signal("SIGTERM");
    expect((await process.ended).code).toBe(128 + 15);
    await broken;
    await withServer(["--path", directory], async (again) => {
      expect(await apiOf(again.url)("GET", `${records}/count`)).toBe("0");
    });
  }));

/** What is told when a server cannot start. */
async function refusal(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli("run", ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr.trim().split("\n")).toHaveLength(1);
  return stderr;
}

test("a port in use is told", () =>
  withDirectory(async (directory) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "localhost", resolve));
    try {
      const { port } = other.address() as AddressInfo;
      expect(await refusal("--path", directory, "--port", String(port))).toContain(`Port ${String(port)} of localhost is in use`);
    } finally {
      other.close();
    }
    // The store was let go of.
    await withServer(["--path", directory], () => Promise.resolve());
  }));

test("a directory in use is told, to every command", () =>
  withDirectory(async (directory) => {
    await withServer(["--path", directory], async () => {
      const copy = ["copy", directory, `${directory}-copy`];
      // Each waits for a while: the other process may be about to end.
      const refused = [["run", "--path", directory, "--port", "0"], ["vacuum", directory], ["verify", directory], ["db", "list", "--path", directory], copy];
      for (const { code, stderr } of await Promise.all(refused.map((args) => cli(...args)))) {
        expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(`${directory} is in use by another process`) });
        expect(stderr.trim().split("\n")).toHaveLength(1);
      }
    });
    expect(existsSync(`${directory}-copy`)).toBe(false);
  }));

test("a directory that cannot be had is told", () =>
  withDirectory(async (directory) => {
    const file = path.join(directory, "file");
    writeFileSync(file, "");
    expect(await refusal("--path", file)).toContain(`${file} is not a directory`);
    expect(await refusal("--path", path.join(file, "below"))).toContain("is not a directory");
    writeFileSync(path.join(directory, "chroma.sqlite3"), "");
    expect(await refusal("--path", directory)).toContain("holds data of Chroma's own server");
  }));

test("a directory that must not be written is told", async () => {
  test.skip(process.platform !== "linux", "needs a directory that root cannot write either");
  expect(await refusal("--path", "/sys/chromatid")).toContain("/sys/chromatid cannot be written");
});

/** The status of a request that calls the server by `name`, as a page does whose name leads to this machine. */
const statusAs = (url: string, name: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    get({ hostname, port, path: "/api/v2/heartbeat", headers: { host: name } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).once("error", reject);
  });

test("who needs no token cannot come in by another name than this machine's", () =>
  withDirectory(async (store) => {
    await withServer(["--path", store, "--allow-host", "Notes.test"], async ({ url }) => {
      for (const name of ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "app.localhost", "notes.test:8000"]) {
        expect(await statusAs(url, name), name).toBe(200);
      }
      for (const name of ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "128.0.0.1", "[::1]evil"]) {
        expect(await statusAs(url, name), name).toBe(403);
      }
    });
    await withServer(["--path", store, "--token", "one"], async ({ url }) => {
      expect(await statusAs(url, "chroma.example"), "tokens protect it").toBe(200);
    });
    await withServer(["--path", store, "--insecure"], async ({ url }) => {
      expect(await statusAs(url, "chroma.example"), "it is told to let everybody in").toBe(200);
    });
  }));

test("on an address that others reach it does not start without tokens", () =>
  withDirectory(async (directory) => {
    for (const host of ["0.0.0.0", "::", "example.com"]) {
      expect(await refusal("--path", directory, "--host", host)).toContain("--insecure");
    }
    await withServer(["--path", directory, "--host", "0.0.0.0", "--insecure"], async ({ url, process }) => {
      expect(process.stdout).toContain("open to everybody");
      expect((await fetch(`${url}/api/v2/auth/identity`)).status).toBe(200);
    });
  }));

const as = (token: string) => ({ headers: { "content-type": "application/json", "x-chroma-token": token } });

test("tokens say who may come in, and to what", () =>
  withDirectory(async (directory) => {
    const file = path.join(directory, "tokens.json");
    writeFileSync(file, '[{"token":"reads","user":"reader","actions":["collection:get*","db:list_collections"]}]');
    const store = path.join(directory, "store");
    await withServer(["--path", store, "--host", "0.0.0.0", "--token", "one", "--token", "two", "--tokens", file], async ({ url }) => {
      const collections = `${url}/api/v2/tenants/default_tenant/databases/default_database/collections`;
      const create = { method: "POST", body: '{"name":"things"}' };
      expect((await fetch(collections)).status).toBe(401);
      expect((await fetch(collections, as("three"))).status).toBe(401);
      for (const token of ["one", "two", "reads"]) {
        expect((await fetch(collections, as(token))).status).toBe(200);
      }
      expect((await fetch(collections, { ...as("reads"), ...create })).status).toBe(403);
      expect((await fetch(collections, { ...as("one"), ...create })).status).toBe(200);
    });
  }));

test("tokens that say nothing are refused", () =>
  withDirectory(async (directory) => {
    const file = path.join(directory, "tokens.json");
    expect(await refusal("--tokens", file)).toContain("cannot be read");
    for (const text of ["{", "[]", "{}", '["a"]', '[{"user":"a"}]', '[{"token":"a","action":["*"]}]', '[{"token":"a","actions":"*"}]']) {
      writeFileSync(file, text);
      expect(await refusal("--path", path.join(directory, "store"), "--tokens", file), text).toContain(file);
    }
    writeFileSync(file, '[{"token":""}]');
    expect(await refusal("--tokens", file)).toContain("must not be empty");
    expect(await refusal("--token", "")).toContain("must not be empty");
  }));

test("options reach the server", () =>
  withDirectory(async (directory) => {
    const origin = "https://example.com";
    const options = ["--cors", origin, "--allow-reset", "--body-limit", "0.01", "--cache", "8", "--durability", "relaxed", "--concurrency", "9"];
    await withServer(["--path", directory, ...options], async ({ url }) => {
      const { headers } = await fetch(`${url}/api/v2/heartbeat`, { headers: { origin } });
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(await apiOf(url)("POST", "/reset")).toBe("true");
      const large = { method: "POST", body: JSON.stringify({ name: "x".repeat(20_000) }) };
      expect((await fetch(`${url}/api/v2/tenants`, large)).status).toBe(413);
    });
    await withServer(["--path", directory, "--cors", "*"], async ({ url }) => {
      const { headers } = await fetch(`${url}/api/v2/heartbeat`, { headers: { origin } });
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect((await fetch(`${url}/api/v2/reset`, { method: "POST" })).status).toBe(403);
    });
  }));
