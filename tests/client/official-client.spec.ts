/** The official npm client against this package's HTTP server: what it did against a Chroma server, and what it does here. See tests/clients/README.md. */

import { expect, test } from "@playwright/test";

import { runNpmClient } from "../clients/npm/run.mjs";
import { withOurs } from "../clients/server.mjs";
import { Suite } from "../clients/suite.mjs";

const suite = new Suite("npm");

test("the official client does what it did against a Chroma server", async () => {
  const outcomes = await withOurs((_, port) => runNpmClient(port));
  expect(suite.judge("ours", outcomes)).toEqual([]);
});

test("whatever differs has its reason", () => {
  expect(suite.unexplained()).toEqual([]);
});
