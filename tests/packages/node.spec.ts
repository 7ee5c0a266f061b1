/** The package as npm installs it, in Node: by `import`, by `require`, under the name of the official client, and its command line. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { BUNDLERS, must, PROJECT, TARBALL } from "./support/installed";
import { expect, test } from "./support/pages";

/** Runs the program on a package of that name, as an ES module or as CommonJS. */
async function outcome(project: string, name: string, form: "mjs" | "cjs"): Promise<unknown> {
  const program = readFileSync(path.join(BUNDLERS, "applications/node/program.mjs"), "utf8").replace("PACKAGE", name);
  const required = program.replace(/^import (.*) from (.*);$/m, "const $1 = require($2);\n(async () => {");
  const file = `${name}.${form}`;
  writeFileSync(path.join(project, file), form === "mjs" ? program : `${required}})();\n`);
  return JSON.parse(await must([process.execPath, file], project));
}

const EXPECTED = { ids: ["red"], storage: "files", count: 0 };

for (const form of ["mjs", "cjs"] as const) {
  test(`${form === "mjs" ? "import" : "require"} keeps and searches records in files`, async () => {
    expect(await outcome(PROJECT, "chromatid", form)).toEqual(EXPECTED);
  });
}

test("what is imported and what is required are one package", async () => {
  const program = `import { ChromaClient } from "chromatid"; import { createRequire } from "node:module";
    console.log(String(createRequire(import.meta.url)("chromatid").ChromaClient === ChromaClient));`;
  expect((await must([process.execPath, "--input-type=module", "--eval", program], PROJECT)).trim()).toBe("true");
});

test("npm installs it under the name of the official client", async () => {
  const project = path.join(path.dirname(PROJECT), "renamed");
  mkdirSync(project, { recursive: true });
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "renamed", private: true }));
  await must(["npm", "install", "--offline", "--no-audit", "--no-fund", `chromadb@file:${TARBALL}`], project);
  for (const form of ["mjs", "cjs"] as const) {
    expect(await outcome(project, "chromadb", form)).toEqual(EXPECTED);
  }
});

test("npm's overrides give it to packages that depend on the official client", async () => {
  const project = path.join(path.dirname(PROJECT), "overridden");
  const user = path.join(path.dirname(PROJECT), "user");
  for (const directory of [project, user]) {
    mkdirSync(directory, { recursive: true });
  }
  writeFileSync(path.join(user, "package.json"), JSON.stringify({ name: "user", version: "1.0.0", dependencies: { chromadb: "1.10.3" } }));
  writeFileSync(path.join(user, "index.js"), 'module.exports = require("chromadb");');
  const settings = { name: "overridden", private: true, dependencies: { chromadb: `file:${TARBALL}`, user: `file:${user}` }, overrides: { chromadb: "$chromadb" } };
  writeFileSync(path.join(project, "package.json"), JSON.stringify(settings));
  await must(["npm", "install", "--offline", "--no-audit", "--no-fund", "--install-links"], project);
  const program = 'console.log(String([require("user") === require("chromadb"), typeof require("user").EphemeralClient]))';
  expect((await must([process.execPath, "--eval", program], project)).trim()).toBe("true,function");
});

test("the command line is there", async () => {
  expect(await must([path.join(PROJECT, "node_modules/.bin/chromatid"), "--help"], PROJECT)).toContain("Usage: chromatid");
});
