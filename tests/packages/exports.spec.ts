/** What the package says of itself, as judges of packages see it. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { BUNDLERS, must, PROJECT, TARBALL } from "./support/installed";
import { expect, test } from "./support/pages";

const PACKAGE = path.join(PROJECT, "node_modules/chromatid");

/** A package that is beside the bundlers alone. */
const load = (name: string): Promise<unknown> => import(pathToFileURL(createRequire(path.join(BUNDLERS, "package.json")).resolve(name)).href);

interface Problem {
  kind: string;
  entrypoint?: string;
  resolutionKind?: string;
}

test("the package has its licence, and credits those whose code is in it", () => {
  const read = (name: string) => readFileSync(path.join(PACKAGE, name), "utf8");
  expect(read("LICENSE")).toContain("Apache License");
  const notices = read("THIRD-PARTY-NOTICES");
  // Of the engine, the module of regular expressions, a bundle of the package, the console.
  for (const name of ["arrow", "roaring", "regex-automata", "commander", "porter2", "react-dom", "uplot"]) {
    expect(notices).toMatch(new RegExp(`(^|, )${name} \\d+\\.\\d+\\.\\d+`, "m"));
  }
  expect(notices).toContain("The Apache Software Foundation");
});

test("publint finds nothing", async () => {
  const { publint } = (await load("publint")) as { publint: (this: void, options: object) => Promise<{ messages: { code: string; path: string[] }[] }> };
  const { messages } = await publint({ pkgDir: PACKAGE, strict: true });
  expect(messages.map(({ code, path: where }) => `${code}: ${where.join(".")}`)).toEqual([]);
});

test("every entry has types, however it is resolved", async () => {
  const attw = (await load("@arethetypeswrong/core")) as {
    createPackageFromTarballData(data: Uint8Array): unknown;
    checkPackage(what: unknown): Promise<{ types: unknown; problems: Problem[] }>;
  };
  const { types, problems } = await attw.checkPackage(attw.createPackageFromTarballData(new Uint8Array(readFileSync(TARBALL))));
  expect(types).toMatchObject({ kind: "included" });
  // Node has read `exports` since version 12; modules of WebAssembly have no types; CommonJS gets ES modules, which `require` takes.
  const known = ({ kind, entrypoint = "", resolutionKind }: Problem) =>
    resolutionKind === "node10" || /wasm$/.test(entrypoint) || (kind === "CJSResolvesToESM" && resolutionKind === "node16-cjs");
  expect(problems.filter((problem) => !known(problem))).toEqual([]);
});

test("what is not marked as having side effects has none that esbuild sees", async () => {
  // Imported for nothing, all that may be dropped is dropped.
  for (const [entry, kept] of [["chromatid", true], ["chromatid/react", false], ["chromatid/snapshots", false], ["chromatid/cloudflare", false]] as const) {
    const program = `import * as unused from "${entry}"; void 0;`;
    const command = `echo '${program}' | ${path.join(BUNDLERS, "node_modules/.bin/esbuild")} --bundle --minify --format=esm --external:react | wc -c`;
    const bytes = Number(await must(["sh", "-c", command], path.join(BUNDLERS, "applications")));
    expect(bytes > 1000, entry).toBe(kept);
  }
});
