/** The official Python client against this package's HTTP server. */

import path from "node:path";

import { expect, test } from "@playwright/test";

import { ensureChroma } from "../../scripts/setup/python.mjs";
import { runProgram } from "../clients/programs.mjs";
import { withOurs } from "../clients/server.mjs";
import { Suite } from "../clients/suite.mjs";

const DIRECTORY = path.join(import.meta.dirname, "../clients/python");

const suite = new Suite("python");

test("the Python client does what it did against a Chroma server", async () => {
  test.setTimeout(240_000);
  const python = await ensureChroma();
  const outcomes = await withOurs((_, port) => runProgram([python, "run.py"], port, { cwd: DIRECTORY }));
  expect(suite.judge("ours", outcomes)).toEqual([]);
});

test("whatever differs has its reason", () => {
  expect(suite.unexplained()).toEqual([]);
});
