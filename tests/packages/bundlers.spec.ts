/** Applications that use the package as it is installed, built by each bundler without settings, and run under a strict content security policy. */

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";

import { ROOT } from "../../scripts/lib/run.mjs";
import { BUNDLERS, must, tool } from "./support/installed";
import { answered, answerOf, expect, test } from "./support/pages";
import { pageOf, POLICY, policyFor, type Site, withSite } from "./support/site";

const APPLICATIONS = path.join(BUNDLERS, "applications");

/** An empty directory for what is built. */
function outputOf(name: string): string {
  const directory = path.join(ROOT, "target/packages", name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Builds an application in its directory; says what is served. */
const BUILDS: { name: string; build: (cwd: string, output: string) => Promise<Site> }[] = [
  {
    name: "webpack",
    async build(cwd, output) {
      await must([tool("webpack"), "--mode", "production", "-o", output], cwd);
      return { mounts: [["/", output]], page: pageOf('<script defer src="/main.js"></script>') };
    },
  },
  {
    name: "vite",
    async build(cwd, output) {
      await must([tool("vite"), "build", "--outDir", output, "--emptyOutDir"], cwd);
      return { mounts: [["/", output]] };
    },
  },
  {
    name: "esbuild",
    async build(cwd, output) {
      await must([tool("esbuild"), "main.js", "--bundle", "--minify", "--splitting", "--format=esm", `--outdir=${output}`], cwd);
      return { mounts: [["/", output]], page: pageOf('<script type="module" src="/main.js"></script>') };
    },
  },
  {
    name: "rollup",
    async build(cwd, output) {
      // Without this plugin Rollup finds no package at all.
      const said = await must([tool("rollup"), "main.js", "--plugin", "node-resolve", "--dir", output], cwd);
      expect(said).not.toContain("(!)");
      return { mounts: [["/", output]], page: pageOf('<script type="module" src="/main.js"></script>') };
    },
  },
  {
    name: "next",
    async build(cwd, output) {
      await must([tool("next"), "build"], cwd, { NEXT_TELEMETRY_DISABLED: "1" });
      cpSync(path.join(cwd, ".next/static"), path.join(output, "_next/static"), { recursive: true });
      cpSync(path.join(cwd, ".next/server/pages/index.html"), path.join(output, "index.html"));
      // Its own start is a script within the page.
      return { mounts: [["/", output]], policy: policyFor(path.join(output, "index.html")) };
    },
  },
  {
    name: "plain",
    build: (cwd) =>
      Promise.resolve({
        mounts: [
          ["/node_modules/", path.join(BUNDLERS, "node_modules")],
          ["/plain/", cwd],
          ["/", APPLICATIONS],
        ],
        page: pageOf('<script type="module" src="/plain/main.js"></script>'),
      }),
  },
];

for (const { name, build } of BUILDS) {
  test(`${name === "plain" ? "without a bundler" : `built by ${name}`}, a page keeps and searches records`, async ({ page }) => {
    test.setTimeout(180_000);
    const site = await build(path.join(APPLICATIONS, name), outputOf(name));
    await withSite(site, async (url) => {
      expect(await answerOf(page, url)).toEqual(answered(0));
      expect(await answerOf(page, url), "after a reload").toEqual(answered(3));
    });
  });
}

test("without a bundler, an import map is the alias", async ({ page }) => {
  const map = '{ "imports": { "chromadb": "/node_modules/chromatid/dist/entry/browser.js" } }';
  const hash = createHash("sha256").update(map).digest("base64");
  const site: Site = {
    mounts: [
      ["/node_modules/", path.join(BUNDLERS, "node_modules")],
      ["/", APPLICATIONS],
    ],
    page: pageOf(`<script type="importmap">${map}</script><script type="module" src="/plain/alias.js"></script>`),
    policy: POLICY.replace("'wasm-unsafe-eval'", `'wasm-unsafe-eval' 'sha256-${hash}'`),
  };
  await withSite(site, async (url) => {
    expect(await answerOf(page, url)).toEqual(answered(0));
  });
});

test("Vite's server for development serves it too", async ({ page, consoleErrors }) => {
  consoleErrors.expect(/favicon\.ico/);
  // What it optimises is kept from one start to the next, and would hide what is new.
  rmSync(path.join(BUNDLERS, "node_modules/.vite"), { recursive: true, force: true });
  const vite = spawn(tool("vite"), ["--host", "127.0.0.1", "--port", "0"], { cwd: path.join(APPLICATIONS, "vite"), stdio: ["ignore", "pipe", "inherit"] });
  try {
    expect(await answerOf(page, await addressSaidBy(vite))).toEqual(answered(0));
  } finally {
    vite.kill();
    await once(vite, "close");
  }
});

async function addressSaidBy(program: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: program.stdout! })) {
    const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(stripVTControlCharacters(line))?.[0];
    if (address !== undefined) {
      return address;
    }
  }
  throw new Error("it ended without an address");
}

test("with an alias, what was written for the official client runs in a page, and packages of @chroma-core register", async ({ page }) => {
  const output = outputOf("alias");
  const options = ["--bundle", "--splitting", "--format=esm", `--outdir=${output}`, "--alias:chromadb=chromatid"];
  await must([tool("esbuild"), "main.js", ...options], path.join(APPLICATIONS, "alias"));
  const site = { mounts: [["/", output]] as Site["mounts"], page: pageOf('<script type="module" src="/main.js"></script>') };
  await withSite(site, async (url) => {
    expect(await answerOf(page, url)).toEqual({ ...answered(0), registered: true, words: ["cats"] });
  });
});

test("esbuild without code splitting: the page says what to do, and works without a worker", async ({ page, consoleErrors }) => {
  const output = outputOf("esbuild-whole");
  await must([tool("esbuild"), "main.js", "--bundle", "--format=esm", `--outdir=${output}`], path.join(APPLICATIONS, "whole"));
  expect(readdirSync(output)).toEqual(["main.js"]);
  consoleErrors.expect(/not in a file of its own/);
  const site = { mounts: [["/", output]] as Site["mounts"], page: pageOf('<script type="module" src="/main.js"></script>') };
  await withSite(site, async (url) => {
    const [refused, inPlace] = (await answerOf(page, url)) as [string, unknown];
    expect(refused).toContain("esbuild --splitting --format=esm");
    expect(inPlace).toEqual(answered(0, "indexeddb", false));
  });
});
