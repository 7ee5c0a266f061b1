/** The code in the documents does what it says: each block of JavaScript is run as it stands, in a process of its own. */

import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";

import { expect, test } from "@playwright/test";
import { type RunningServer, serve } from "chromatid/node";
import { createHandler } from "chromatid/server";

import { ensureEmbeddingFunctions } from "../../scripts/setup/npm.mjs";
import { type Block, blocksOf, DOCUMENTS } from "../docs/blocks.mjs";
import { ELSEWHERE, type Program, PROGRAMS } from "../docs/programs.mjs";

const ROOT = path.join(import.meta.dirname, "../..");

/** Where Node finds this package, and where it finds those of `@chroma-core`, too. */
const PLACES = { plain: "target/docs", installed: "tests/fixtures/chroma-core/node_modules/.docs" };

const isCode = ({ language }: Block) => ["js", "ts"].includes(language);
const blocks = DOCUMENTS.flatMap(blocksOf).filter(isCode);
const ALIAS = "pkg/README.md: Packages of `@chroma-core`";

let server: RunningServer;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  await ensureEmbeddingFunctions();
});

test.beforeEach(async () => {
  server = await serve(createHandler({ storage: "memory", insecure: true }), { host: "localhost", port: 0 });
});

test.afterEach(() => server.close());

test("every block of code is run by a test", () => {
  const names = blocks.map(({ name }) => name);
  expect([...Object.keys(PROGRAMS), ...ELSEWHERE].sort()).toEqual([...names].sort());
});

/** The block with what comes before and after it; every text that is replaced is there. */
function programOf({ code }: Block, { before = "", after = "", replace = [] }: Program): string {
  const own = replace.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  }, code);
  return [before, own, after].join("\n").replaceAll("PORT", String(server.port));
}

for (const block of blocks.filter(({ name }) => !ELSEWHERE.includes(name))) {
  test(`runs: ${block.name}`, async () => {
    const program = PROGRAMS[block.name] ?? {};
    const directory = path.join(ROOT, program.installed ? PLACES.installed : PLACES.plain, `${block.name.replace(/\W+/g, "-")}-${process.pid}`);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const alias = blocks.find(({ name }) => name === ALIAS)?.code ?? "";
    writeFileSync(path.join(directory, "alias.mjs"), alias);
    writeFileSync(path.join(directory, "program.mjs"), programOf(block, program));
    const hooks = program.installed ? ["--import", "./alias.mjs"] : [];
    // Throws with what it has said if it does not end well.
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...hooks, "program.mjs"], { cwd: directory, timeout: 50_000 });
    expect(stderr).toBe("");
    if (program.prints !== undefined) {
      expect(stripVTControlCharacters(stdout)).toBe(program.prints);
    }
    rmSync(directory, { recursive: true, force: true });
  });
}
