/** The package in Node, with the real engine in the process: the behaviour of the client, and the README as printed. */

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { expect, test } from "@playwright/test";
import { open } from "chromatid";

import { cases, tinyExpect } from "./official-behaviour";

const ROOT = path.join(import.meta.dirname, "..", "..");

for (const each of cases) {
  test(`in Node: ${each.name}`, async () => {
    const client = await open({ name: `node-${each.name}`, storage: "memory", versions: 3 });
    try {
      await each.run(client, tinyExpect);
    } finally {
      await client.close();
    }
  });
}

for (const readme of ["README.md", "pkg/README.md"]) {
  test(`the example of ${readme} runs as printed`, async () => {
    const text = readFileSync(path.join(ROOT, readme), "utf8");
    const example = /```js\n(import \{ open \}[\s\S]*?)```/.exec(text)?.[1] ?? "";
    const printed = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, output]) => output);
    expect(printed).not.toEqual([]);
    const directory = path.join(ROOT, "target", "readme");
    mkdirSync(directory, { recursive: true });
    const script = path.join(directory, `${readme.replaceAll("/", "-")}.mjs`);
    writeFileSync(script, example);
    const { stdout } = await promisify(execFile)(process.execPath, [script], {
      cwd: ROOT,
      // Colours would be printed too.
      env: { ...process.env, FORCE_COLOR: "0", NO_COLOR: "1" },
    });
    expect(stdout.trim().split("\n")).toEqual(printed);
  });
}
