/** The official Python client against this package's HTTP server, where its environment is there: `npm run conformance` makes it. */

import { existsSync } from "node:fs";
import path from "node:path";

import { expect, test } from "@playwright/test";

import { runProgram } from "../clients/programs.mjs";
import { withOurs } from "../clients/server.mjs";
import { Suite } from "../clients/suite.mjs";

const PYTHON = path.join(import.meta.dirname, "../../.venv-chroma/bin/python");
const DIRECTORY = path.join(import.meta.dirname, "../clients/python");

const suite = new Suite("python");

test("the Python client does what it did against a Chroma server", async () => {
  test.skip(!existsSync(PYTHON), "Chroma's Python package is not there");
  test.setTimeout(240_000);
  const outcomes = await withOurs((_, port) => runProgram([PYTHON, "run.py"], port, { cwd: DIRECTORY }));
  expect(suite.judge("ours", outcomes)).toEqual([]);
});

test("whatever differs has its reason", () => {
  expect(suite.unexplained()).toEqual([]);
});
