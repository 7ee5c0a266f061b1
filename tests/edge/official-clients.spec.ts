/** The official clients against the HTTP API in workerd, a Durable Object for each database: every step of theirs. See tests/clients/README.md. */

import path from "node:path";

import { ensureChroma } from "../../scripts/setup/python.mjs";
import { runNpmClient } from "../clients/npm/run.mjs";
import { runProgram } from "../clients/programs.mjs";
import { Suite } from "../clients/suite.mjs";
import { expect, test } from "./fixtures";

test("the official npm client does what it does elsewhere", async ({ start }) => {
  test.setTimeout(240_000);
  const edge = await start("open", { LARGE_WRITES: "yes" });
  const outcomes = await runNpmClient(Number((await edge.url()).port));
  expect(new Suite("npm").judge("ours", outcomes)).toEqual([]);
});

test("the official Python client does what it does elsewhere", async ({ start }) => {
  test.setTimeout(480_000);
  const edge = await start("open", { LARGE_WRITES: "yes" });
  const command = [await ensureChroma(), "run.py"];
  const outcomes = await runProgram(command, Number((await edge.url()).port), { cwd: path.join(import.meta.dirname, "../clients/python") });
  expect(new Suite("python").judge("ours", outcomes)).toEqual([]);
});
