/** The storage suite that is compiled into the engine, on a directory under Node. */

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "@playwright/test";
import { NodeDirectory } from "chromatid/node";

import { withDirectory } from "./support/node-process";

const ENGINE = path.join(import.meta.dirname, "../../target/wasm-conformance");

interface Suites {
  default(options: { module_or_path: BufferSource }): Promise<unknown>;
  run_storage_conformance(kind: string): Promise<string[]>;
  run_determinism(): Promise<string>;
}

async function load(): Promise<Suites> {
  const suites = (await import(path.join(ENGINE, "chromatid.js"))) as Suites;
  await suites.default({ module_or_path: readFileSync(path.join(ENGINE, "chromatid_bg.wasm")) });
  return suites;
}

test("a directory keeps the contract of storages", () =>
  withDirectory(async (parent) => {
    test.setTimeout(180_000);
    const suites = await load();
    const createStorageDirectory = (name: string) => new NodeDirectory(path.join(parent, name));
    Object.assign(globalThis, { createStorageDirectory });
    const passed = await suites.run_storage_conformance("directory");
    // With fewer checks than this the suite itself was not run.
    expect(passed.length).toBeGreaterThanOrEqual(20);
    expect(new Set(passed).size).toBe(passed.length);
    expect(existsSync(path.join(parent, "conformance 1", "root"))).toBe(true);
  }));

test("the same calls leave the same bytes as natively, but for posting lists", async () => {
  test.setTimeout(180_000);
  const found = await (await load()).run_determinism();
  const expected = readFileSync(path.join(import.meta.dirname, "../fixtures/same-bytes.txt"), "utf8");
  // Centers of posting lists are sums of floats, which processors with fused multiplication round otherwise: from there on blocks differ in them.
  const same = (text: string) => text.split("\n").filter((line) => !/^(lists|lists, changed|versions): \d+ blocks/.test(line));
  expect(same(found)).toEqual(same(expected));
  expect(same(found).length).toBeGreaterThan(40);
});
