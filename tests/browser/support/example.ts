/** Builds an example by its own settings, into `target/examples`. */

import { rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import type { Configuration } from "webpack";

import { compile } from "../../support/compile.mjs";

const ROOT = path.join(import.meta.dirname, "../../..");

/** @param name of a folder in `examples/` */
export async function buildExample(name: string): Promise<void> {
  const settings = pathToFileURL(path.join(ROOT, "examples", name, "webpack.config.js")).href;
  const { default: configurations } = (await import(settings)) as { default: Configuration[] };
  const directory = path.join(ROOT, "target/examples", name);
  rmSync(directory, { recursive: true, force: true });
  await compile(configurations.map((one) => ({ ...one, output: { ...one.output, path: directory } })));
}
