/** `chromatid vacuum` and `chromatid db`. */

import { spawn } from "node:child_process";
import path from "node:path";

import { expect, test } from "@playwright/test";

import { cli, collectionsPath, createCollection, PROGRAM, withServer, withStore } from "./support/cli";
import { withDirectory } from "./support/node-process";

/** Of vectors that together are much larger than the log, of which a bounded part is kept. */
const DIMENSION = 768;

test("vacuum gives back what deleted records had, and says how much", () =>
  withDirectory(async (directory) => {
    const ids = Array.from({ length: 3000 }, (_, n) => `id-${String(n)}`);
    const records = await withStore(directory, async (api) => {
      const records = await createCollection(api, '{"name":"things"}');
      const body = { ids, embeddings: ids.map((_, n) => Array.from({ length: DIMENSION }, (_, k) => n + k)), documents: ids };
      await api("POST", `${records}/add`, JSON.stringify(body));
      return records;
    });
    expect((await cli("vacuum", directory)).code).toBe(0);
    await withStore(directory, (api) => api("POST", `${records}/delete`, JSON.stringify({ ids: ids.slice(10) })));
    const { code, stdout } = await cli("vacuum", directory);
    expect(code).toBe(0);
    const [before = 0, after = 0] = [...stdout.matchAll(/([\d,]+) bytes/g)].map(([, bytes = ""]) => Number(bytes.replaceAll(",", "")));
    expect(stdout).toMatch(/^before: .*\nafter: .*\n$/);
    expect(before).toBeGreaterThan(3000 * DIMENSION * 4);
    expect(after).toBeLessThan(before / 4);
    await withStore(directory, async (api) => {
      expect(await api("GET", `${records}/count`)).toBe("10");
    });
  }));

for (const kind of ["directory", "server"] as const) {
  test(`databases of a ${kind} are created, listed and deleted`, () =>
    withDirectory(async (directory) => {
      const store = path.join(directory, "store");
      const steps = async (place: string[]) => {
        expect(await cli("db", "create", "second", ...place)).toMatchObject({ code: 0, stderr: "" });
        const again = await cli("db", "create", "second", ...place);
        expect(again).toMatchObject({ code: 1, stderr: "error: There is a database 'second' already.\n" });
        expect((await cli("db", "list", ...place)).stdout.trim().split("\n").sort()).toEqual(["default_database", "second"]);
        const unasked = await cli("db", "delete", "second", ...place);
        expect(unasked).toMatchObject({ code: 1, stderr: "error: Nobody can be asked whether to delete it: add --yes.\n" });
        expect((await cli("db", "delete", "second", "--yes", ...place)).code).toBe(0);
        const gone = await cli("db", "delete", "second", "--yes", ...place);
        expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no database 'second'") });
        expect((await cli("db", "list", ...place)).stdout).toBe("default_database\n");
      };
      await (kind === "directory" ? steps(["--path", store]) : withServer(["--path", store, "--token", "right"], ({ url }) => steps(["--url", url, "--token", "right"])));
    }));
}

test("a database goes with its collections, those of other tenants stay", () =>
  withDirectory(async (directory) => {
    await withStore(directory, async (api) => {
      await api("POST", "/tenants", '{"name":"others"}');
      for (const tenant of ["default_tenant", "others"]) {
        await api("POST", `/tenants/${tenant}/databases`, '{"name":"archive"}');
        await api("POST", collectionsPath("archive", tenant), '{"name":"things"}');
      }
    });
    expect((await cli("db", "delete", "archive", "--path", directory, "--yes")).code).toBe(0);
    expect((await cli("db", "list", "--path", directory, "--tenant", "others")).stdout).toBe("archive\n");
    await withStore(directory, async (api) => {
      expect(await api("GET", collectionsPath("archive"))).toBe("[]");
      expect(await api("GET", collectionsPath("archive", "others"))).toContain('"things"');
    });
  }));

test("a reader that has had enough is no failure", () =>
  withDirectory(async (directory) => {
    await withStore(directory, (api) => api("GET", "/heartbeat"));
    const child = spawn(process.execPath, [PROGRAM, "db", "list", "--path", directory], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  }));

test("commands about a store make none", () =>
  withDirectory(async (directory) => {
    for (const args of [["vacuum", directory], ["db", "list", "--path", directory], ["db", "delete", "x", "--yes", "--path", directory]]) {
      expect(await cli(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(`There is no store in ${directory}`) });
    }
  }));
