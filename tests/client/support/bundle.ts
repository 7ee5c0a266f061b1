/** Bundles a program for Node as its author would, and loads it. */

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { compile } from "../../support/compile.mjs";

/** @param program the source of a module; what it exports is answered */
export async function bundleAndImport(options: {
  name: string;
  program: string;
  /** The folder whose node_modules the program uses. */
  context: string;
  alias: Record<string, string>;
}): Promise<unknown> {
  const { name, program, context, alias } = options;
  const directory = path.join(import.meta.dirname, "../../../target/bundles", name);
  mkdirSync(directory, { recursive: true });
  const entry = path.join(directory, "program.js");
  writeFileSync(entry, program);
  await compile({
    mode: "production",
    target: ["node20", "es2022"],
    context,
    entry,
    resolve: { alias, modules: [path.join(context, "node_modules"), "node_modules"] },
    experiments: { outputModule: true },
    output: { path: path.join(directory, "dist"), filename: "program.mjs", library: { type: "module" }, module: true },
  });
  return import(pathToFileURL(path.join(directory, "dist/program.mjs")).href) as Promise<unknown>;
}
