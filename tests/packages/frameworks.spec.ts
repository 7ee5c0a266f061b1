/**
 * LangChain's and LlamaIndex's stores for Chroma, and a program for Chroma's own client, in a page without a server: built by each bundler with the
 * alias that docs/PACKAGES.md has for it, under a strict content security policy, with a real embedding model.
 */

import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Page } from "@playwright/test";

import { ROOT } from "../../scripts/lib/run.mjs";
import { blocksOf } from "../docs/blocks.mjs";
import { BUNDLERS, must, tool } from "./support/installed";
import { answerOf, expect, test } from "./support/pages";
import { pageOf, policyFor, type Site, withSite } from "./support/site";

const APPLICATION = path.join(BUNDLERS, "applications/frameworks");
const OUTPUT = path.join(ROOT, "target/packages/frameworks");

const MODULE = pageOf('<script type="module" src="/main.js"></script>');

/** Builds the application by its settings for that bundler, and says what the page is. */
const BUILDS: Record<string, (output: string) => Promise<Omit<Site, "mounts">>> = {
  webpack: async (output) => {
    await must([tool("webpack"), "--mode", "production", "-o", output], APPLICATION);
    return { page: pageOf('<script defer src="/main.js"></script>') };
  },
  vite: async (output) => {
    await must([tool("vite"), "build", "--outDir", output, "--emptyOutDir"], APPLICATION);
    return {};
  },
  esbuild: async (output) => {
    await must([tool("esbuild"), "main.js", "--bundle", "--splitting", "--format=esm", `--outdir=${output}`, "--alias:chromadb=chromatid"], APPLICATION);
    return { page: MODULE };
  },
  rollup: async (output) => {
    await must([tool("rollup"), "--config", "--dir", output], APPLICATION);
    return { page: MODULE };
  },
  next: async (output) => {
    await must([tool("next"), "build"], APPLICATION, { NEXT_TELEMETRY_DISABLED: "1" });
    cpSync(path.join(APPLICATION, ".next/static"), path.join(output, "_next/static"), { recursive: true });
    cpSync(path.join(APPLICATION, ".next/server/pages/index.html"), path.join(output, "index.html"));
    return { policy: policyFor(path.join(output, "index.html")) };
  },
};

test.beforeAll(async () => {
  rmSync(OUTPUT, { recursive: true, force: true });
  const model = path.join(OUTPUT, "model");
  mkdirSync(model, { recursive: true });
  await must([tool("esbuild"), "model.js", "--bundle", "--format=esm", `--outdir=${model}`], APPLICATION);
  cpSync(path.join(ROOT, "www/data/minilm-static"), model, { recursive: true });
});

/** What is before a document's block, and what it comes to. */
const BLOCKS: Record<string, { before: string; result: string }> = {
  "docs/FRAMEWORKS.md: LangChain": {
    before: "const embed = await loadModel();\nconst embeddings = { embedDocuments: async (texts) => texts.map(embed), embedQuery: async (text) => embed(text) };",
    result: "[found.map(({ id }) => id), (await retriever.invoke('strings')).length]",
  },
  "docs/FRAMEWORKS.md: LlamaIndex": {
    before: `import { BaseEmbedding } from "@llamaindex/core/embeddings";
      const embed = await loadModel();
      class Model extends BaseEmbedding { async getTextEmbedding(text) { return embed(text); } }
      const embeddingModel = new Model();`,
    result: "[ids, nodes.length]",
  },
};

for (const { name, code } of blocksOf("docs/FRAMEWORKS.md")) {
  test(`runs: ${name}`, async ({ page }) => {
    const directory = path.join(OUTPUT, name.replaceAll(/\W+/g, "-"));
    mkdirSync(directory);
    const { before, result } = BLOCKS[name]!;
    const program = `import { loadModel } from "/model/model.js";\n${before}\n${code}\nwindow.answer = Promise.resolve(${result});`;
    writeFileSync(path.join(directory, "block.js"), program);
    const options = ["--bundle", "--splitting", "--format=esm", "--outdir=built", "--external:/model/*", "--alias:chromadb=chromatid"];
    await must([tool("esbuild"), "block.js", ...options], directory, { NODE_PATH: path.join(BUNDLERS, "node_modules") });
    const mounts: Site["mounts"] = [
      ["/model/", path.join(OUTPUT, "model")],
      ["/", path.join(directory, "built")],
    ];
    await withSite({ mounts, page: pageOf('<script type="module" src="/block.js"></script>') }, async (url) => {
      expect(await answerOf(page, url)).toEqual([["violin"], 1]);
    });
  });
}

/** What the page's program comes to with the model. */
async function outcome(page: Page, url: string): Promise<unknown> {
  await answerOf(page, url);
  return page.evaluate(`(async () => {
    const { loadModel } = await import("/model/model.js");
    return program(await loadModel());
  })()`);
}

/** What is found follows from the model: the bow is the violin's, and of four legs the cat is nearest to a musician. */
const expected = (before: { official: string[]; langChain: string[]; llamaIndex: string[] }) => ({
  official: { before: before.official, found: ["violin"], storage: "opfs" },
  langChain: {
    before: before.langChain,
    found: [["violin", "a bowed instrument with four strings", "artifact"]],
    filtered: [[expect.stringMatching(/^(kitten|puppy)$/), true]],
    retrieved: ["eagle"],
    left: ["kitten", "violin", "flute"],
  },
  llamaIndex: {
    before: before.llamaIndex,
    found: [["violin", "a bowed instrument with four strings", "artifact"]],
    filtered: [[expect.stringMatching(/^(kitten|puppy)$/), true]],
    left: ["kitten", "eagle", "violin", "flute"],
  },
});

for (const [name, build] of Object.entries(BUILDS)) {
  test(`built by ${name} with an alias, LangChain and LlamaIndex keep what they are given in the page`, async ({ page }) => {
    test.setTimeout(180_000);
    const output = path.join(OUTPUT, name);
    mkdirSync(output);
    const site = await build(output);
    const mounts: Site["mounts"] = [
      ["/model/", path.join(OUTPUT, "model")],
      ["/", output],
    ];
    await withSite({ ...site, mounts }, async (url) => {
      expect(await outcome(page, url)).toEqual(expected({ official: [], langChain: [], llamaIndex: [] }));
      const kept = { official: ["kitten", "puppy", "eagle", "violin", "flute"], langChain: ["kitten", "violin", "flute"], llamaIndex: ["kitten", "eagle", "violin", "flute"] };
      const { langChain, llamaIndex, ...again } = (await outcome(page, url)) as ReturnType<typeof expected>;
      expect({ official: again.official, langChain: langChain.before, llamaIndex: llamaIndex.before }, "after a reload").toEqual({
        official: { before: kept.official, found: ["violin"], storage: "opfs" },
        langChain: kept.langChain,
        llamaIndex: kept.llamaIndex,
      });
    });
  });
}
