/** The Durable Object of the package's README, as it stands there. */

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { blocksOf } from "../docs/blocks.mjs";
import { DURABLE_OBJECT } from "../docs/programs.mjs";
import { expect, test } from "./fixtures";
import { DOCUMENTED } from "./support/bundle.mjs";

test(`runs: ${DURABLE_OBJECT}`, async ({ start }) => {
  const block = blocksOf("pkg/README.md").find(({ name }) => name === DURABLE_OBJECT);
  mkdirSync(path.dirname(DOCUMENTED), { recursive: true });
  if (!block) {
    throw new Error(`no block is called ${DURABLE_OBJECT}`);
  }
  writeFileSync(DOCUMENTED, block.code);
  const edge = await start("documented");
  await edge.ask("add", { ids: ["a", "b"], embeddings: [[1, 0], [0, 1]] });
  await edge.ask("add", { ids: ["c"], embeddings: [[1, 1]] });
  await edge.stop();
  expect(await (await start("documented")).ask("ids", null)).toEqual(["a", "b", "c"]);
});
