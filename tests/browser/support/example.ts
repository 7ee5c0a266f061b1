/** Builds an example by its own settings, into `target/examples`. */

import { rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import webpack, { type Configuration } from "webpack";

const ROOT = path.join(import.meta.dirname, "../../..");

/** @param name of a folder in `examples/` */
export async function buildExample(name: string): Promise<void> {
  const settings = pathToFileURL(path.join(ROOT, "examples", name, "webpack.config.js")).href;
  const { default: configurations } = (await import(settings)) as { default: Configuration[] };
  const directory = path.join(ROOT, "target/examples", name);
  rmSync(directory, { recursive: true, force: true });
  const compiler = webpack(configurations.map((one) => ({ ...one, output: { ...one.output, path: directory } })));
  await new Promise<void>((resolve, reject) => {
    compiler.run((error, stats) => {
      compiler.close(() => undefined);
      if (error || stats?.hasErrors()) {
        reject(error ?? new Error(stats?.toString("errors-only")));
      } else {
        resolve();
      }
    });
  });
}
