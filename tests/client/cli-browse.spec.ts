/** `chromatid browse`: the console on a directory or a server, for whoever has its address and nobody else. */

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";

import { expect, test } from "@playwright/test";

import { cli, CliProcess, createCollection, until, withServer, withStore } from "./support/cli";
import { withDirectory } from "./support/node-process";

interface Browsing {
  url: string;
  key: string;
  process: CliProcess;
}

async function browse(args: string[], env: Record<string, string> = {}): Promise<Browsing> {
  const process = new CliProcess(["browse", ...args], { env });
  await until(() => /#key=\S+\n/.test(process.stdout) || !process.isRunning);
  const [, url, key] = /(http:\S+)\/#key=(\S+)/.exec(process.stdout) ?? [];
  if (url === undefined || key === undefined) {
    throw new Error(`it did not start: ${JSON.stringify(await process.ended)}`);
  }
  return { url, key, process };
}

async function whileBrowsing<T>(args: string[], run: (browsing: Browsing) => Promise<T>, env?: Record<string, string>): Promise<T> {
  const browsing = await browse(args, env);
  try {
    return await run(browsing);
  } finally {
    browsing.process.signal("SIGKILL");
    await browsing.process.ended;
  }
}

/** A store with one record. */
const fill = (directory: string) =>
  withStore(directory, async (api) => {
    const records = await createCollection(api, '{"name":"things"}');
    await api("POST", `${records}/add`, '{"ids":["a"],"embeddings":[[1,2]],"documents":["kept"]}');
  });

const COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections";

const asked = async (url: string, init: RequestInit = {}) => {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
};

/** The status of a request that calls the server by `host`. */
const statusAs = (url: string, host: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path: "/", headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.once("error", reject).end();
  });

test("a directory is shown to who has the key", () =>
  withDirectory(async (directory) => {
    await fill(directory);
    await whileBrowsing([directory, "--no-open"], async ({ url, key, process }) => {
      const page = await asked(url);
      expect(page.status).toBe(200);
      expect(page.text).toContain('name="chromatid-browse"');
      expect(page.text, "the key is in no page").not.toContain(key);
      expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      const script = /src="([^"]+\.js)"/.exec(page.text)?.[1] ?? "";
      expect((await asked(new URL(script, url).href)).status).toBe(200);

      const mine = { headers: { "x-chroma-token": key } };
      expect(JSON.parse((await asked(url + COLLECTIONS, mine)).text)).toMatchObject([{ name: "things" }]);
      const strangers: Record<string, string>[] = [{}, { "x-chroma-token": `${key}x` }, { cookie: `key=${key}` }];
      for (const headers of strangers) {
        expect((await asked(url + COLLECTIONS, { headers })).status).toBe(401);
      }
      for (const stranger of ["/../package.json", "/%2e%2e/package.json", "/dist/cli/main.js", "/main.js", "/session"]) {
        expect([401, 404], stranger).toContain((await asked(url + stranger)).status);
      }
      const { port } = new URL(url);
      expect([await statusAs(url, `127.0.0.1:${port}`), await statusAs(url, `localhost:${port}`)]).toEqual([200, 200]);
      expect([await statusAs(url, "evil.example"), await statusAs(url, `evil.example:${port}`), await statusAs(url, "127.0.0.1")]).toEqual([403, 403, 403]);

      process.signal("SIGINT");
      expect(await process.ended).toMatchObject({ code: 0, stderr: "" });
    });
    await withStore(directory, async (api) => {
      expect(JSON.parse(await api("GET", "/tenants/default_tenant/databases/default_database/collections_count"))).toBe(1);
    });
  }));

test("a server is shown without its token in the page, in other databases too", () =>
  withDirectory(async (directory) => {
    await fill(directory);
    await withServer(["--path", directory, "--token", "secret"], async ({ url: server }) => {
      await whileBrowsing([server, "--no-open"], async ({ url, key }) => {
        const { status, text } = await asked(url + COLLECTIONS, { headers: { "x-chroma-token": key } });
        expect([status, (JSON.parse(text) as { name: string }[])[0]?.name]).toEqual([200, "things"]);
        expect((await asked(url)).text).not.toContain("secret");
      }, { CHROMATID_TOKEN: "secret" });
      expect(await cli("browse", server, "--no-open")).toMatchObject({ code: 1, stderr: expect.stringContaining("does not know the sender: give a token") });
    });
  }));

test("the browser gets an address that works once", () =>
  withDirectory(async (directory) => {
    const programs = path.join(directory, "programs");
    const told = path.join(directory, "told");
    const store = path.join(directory, "store");
    mkdirSync(programs);
    await fill(store);
    writeFileSync(path.join(programs, "xdg-open"), `#!/bin/sh\nprintf %s "$1" > ${told}.part && mv ${told}.part ${told}\n`);
    chmodSync(path.join(programs, "xdg-open"), 0o755);
    await whileBrowsing([store], async ({ url, key }) => {
      await until(() => existsSync(told));
      const address = readFileSync(told, "utf8");
      expect(address).not.toContain(key);
      const code = /#code=(\S+)$/.exec(address)?.[1] ?? "";
      const session = () => asked(`${url}/session`, { method: "POST", headers: { "x-chromatid-code": code } });
      expect(await session()).toMatchObject({ status: 200, text: key });
      expect((await session()).status).toBe(401);
    }, { PATH: `${programs}:${process.env.PATH ?? ""}` });
  }));

test("what cannot be shown is told", () =>
  withDirectory(async (directory) => {
    expect(await cli("browse", path.join(directory, "none"), "--no-open")).toMatchObject({ code: 1, stderr: expect.stringContaining("none") });
    expect(await cli("browse", "http://127.0.0.1:9", "--no-open")).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
    await fill(directory);
    await whileBrowsing([directory, "--no-open"], async ({ url }) => {
      const { port } = new URL(url);
      await withDirectory(async (other) => {
        await fill(other);
        expect(await cli("browse", other, "--no-open", "--port", port)).toMatchObject({ code: 1, stderr: expect.stringContaining("is in use") });
      });
    });
  }));
