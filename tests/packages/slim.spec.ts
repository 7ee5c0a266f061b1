/** `chromatid/slim`: what it is given, in which form, and what it says when it is given too little. */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import type * as slim from "../../pkg/src/entry/slim.js";
import { ROOT } from "../../scripts/lib/run.mjs";
import { BUNDLERS, must, PROJECT, tool } from "./support/installed";
import { answered, answerOf, expect, test } from "./support/pages";
import { pageOf, withSite } from "./support/site";

const PACKAGE = path.join(PROJECT, "node_modules/chromatid");
const OUTPUT = path.join(ROOT, "target/packages/slim");

type Slim = Pick<typeof slim, "open" | "setup">;
interface SlimPage extends Slim {
  program: (this: void, entry: Slim, options: object) => Promise<unknown>;
}

test.beforeAll(async () => {
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(path.join(OUTPUT, "files"), { recursive: true });
  for (const file of ["wasm/chromatid_bg.wasm", "wasm/patterns.wasm", "dist/entry/slim-worker.js"]) {
    copyFileSync(path.join(PACKAGE, file), path.join(OUTPUT, "files", path.basename(file)));
  }
  // Of one file: what needs others by their URLs would not work.
  const build = [tool("esbuild"), "main.js", "--bundle", "--format=esm", `--outdir=${OUTPUT}`];
  await must(build, path.join(BUNDLERS, "applications/slim"));
});

const site = { mounts: [["/", OUTPUT]] as [string, string][], page: pageOf('<script type="module" src="/main.js"></script>') };

test("its bundle has no URL of a file, and neither has its worker", () => {
  for (const file of ["main.js", "files/slim-worker.js"]) {
    expect(readFileSync(path.join(OUTPUT, file), "utf8")).not.toMatch(/new URL\([^)]*import\.meta/);
  }
  expect(readdirSync(OUTPUT).sort()).toEqual(["files", "main.js"]);
});

test("URLs of three files are enough", async ({ page }) => {
  await withSite(site, async (url) => {
    expect(await answerOf(page, url)).toEqual(answered(0));
    expect(await answerOf(page, url), "after a reload").toEqual(answered(3));
  });
});

/** Each is run in the page, and says what `setup` is given there. */
const FORMS: Record<string, (file: (name: string) => Promise<Response>) => unknown> = {
  "compiled modules": async (file) => {
    const compile = async (name: string) => WebAssembly.compileStreaming(file(name));
    return { engine: await compile("chromatid_bg.wasm"), patterns: await compile("patterns.wasm") };
  },
  bytes: async (file) => {
    const bytes = async (name: string) => new Uint8Array(await (await file(name)).arrayBuffer());
    return { engine: await bytes("chromatid_bg.wasm"), patterns: await bytes("patterns.wasm") };
  },
  "functions that answer responses": (file) => ({ engine: () => file("chromatid_bg.wasm"), patterns: () => file("patterns.wasm") }),
  "responses of another type": async (file) => {
    const untyped = async (name: string) => new Response(await (await file(name)).arrayBuffer());
    return { engine: await untyped("chromatid_bg.wasm"), patterns: await untyped("patterns.wasm") };
  },
};

for (const [form, give] of Object.entries(FORMS)) {
  test(`takes ${form}, with a worker that it is told to start, and without one`, async ({ page }) => {
    await withSite(site, async (url) => {
      await answerOf(page, url);
      const answers = await page.evaluate(`(async () => {
        const modules = await (${give.toString()})((name) => fetch("/files/" + name));
        setup({ ...modules, worker: () => new Worker("/files/slim-worker.js", { type: "module" }) });
        const inWorker = await program({ open }, { name: "worker" });
        setup(await (${give.toString()})((name) => fetch("/files/" + name)));
        return [inWorker, await program({ open }, { name: "in-place" })];
      })()`);
      expect(answers).toEqual([answered(0), answered(0, "indexeddb", false)]);
    });
  });
}

test("a worker that the caller has started asks its page for what it needs", async ({ page }) => {
  await withSite(site, async (url) => {
    await answerOf(page, url);
    const answer = await page.evaluate(() => {
      const { program, open } = window as unknown as SlimPage;
      return program({ open } as Slim, { name: "own", worker: new Worker("/files/slim-worker.js", { type: "module" }) });
    });
    expect(answer).toEqual(answered(0));
  });
});

test("what is missing is said, and may be given then", async ({ page, consoleErrors }) => {
  consoleErrors.expect(/404/);
  await withSite(site, async (url) => {
    await answerOf(page, url);
    const said = await page.evaluate(async () => {
      const { open, setup, program } = window as unknown as SlimPage;
      const worker = "/files/slim-worker.js";
      const refusal = (promise: Promise<unknown>): Promise<unknown> =>
        promise.then(
          () => "none",
          (error: Error) => `${(error.cause as Error).name}: ${error.message}`,
        );
      setup({ engine: "/files/none.wasm", worker });
      const noEngine = await refusal(open({ name: "a" }));
      setup({ engine: "/files/chromatid_bg.wasm" });
      const noWorker = await refusal(open({ name: "b", worker: true }));
      setup({ engine: "/files/chromatid_bg.wasm", worker });
      const noPatterns = await refusal(program({ open } as Slim, { name: "c" }));
      setup({ engine: "/files/chromatid_bg.wasm", patterns: "/files/patterns.wasm", worker });
      return { noEngine, noWorker, noPatterns, after: await program({ open } as Slim, { name: "d" }) };
    });
    expect(said).toEqual({
      noEngine: expect.stringMatching(/^ModuleUnavailableError: the engine could not be loaded: .*none\.wasm answered 404/),
      noWorker: expect.stringMatching(/^InvalidArgumentError: .*no worker was given/),
      noPatterns: expect.stringMatching(/^ModuleUnavailableError: regular expressions could not be loaded: `setup` was given no `patterns`/),
      after: answered(0),
    });
  });
});
