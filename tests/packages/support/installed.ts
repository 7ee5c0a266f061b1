/** The package as who installs it has it: packed, and installed by npm into a project that has nothing else. */

import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { ROOT, run } from "../../../scripts/lib/run.mjs";

/** Where the bundlers are, and the applications that they build: the package is put beside them. */
export const BUNDLERS = path.join(ROOT, "tests/packages");

/** The project that has the package alone. */
export const PROJECT = path.join(ROOT, "target/packages/project");

/** What npm would publish. */
export const TARBALL = path.join(ROOT, "target/packages/chromatid.tgz");

/** Runs a program to its end; throws with what it has said unless it ends well. */
export async function must(command: string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  const { code, output } = await run(command, { cwd, env, quiet: true });
  if (code !== 0) {
    throw new Error(`"${command.join(" ")}" failed:\n${output}`);
  }
  return output;
}

/** A program of the bundlers'. */
export const tool = (name: string): string => path.join(BUNDLERS, "node_modules/.bin", name);

/** Packs and installs it. */
export async function install(): Promise<void> {
  const packed = path.dirname(TARBALL);
  rmSync(packed, { recursive: true, force: true });
  mkdirSync(PROJECT, { recursive: true });
  await must(["npm", "pack", "--pack-destination", packed], path.join(ROOT, "pkg"));
  const [file = ""] = readdirSync(packed).filter((name) => name.endsWith(".tgz"));
  cpSync(path.join(packed, file), TARBALL);
  writeFileSync(path.join(PROJECT, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  await must(["npm", "install", "--offline", "--no-audit", "--no-fund", TARBALL], PROJECT);
  const beside = path.join(BUNDLERS, "node_modules/chromatid");
  rmSync(beside, { recursive: true, force: true });
  cpSync(path.join(PROJECT, "node_modules/chromatid"), beside, { recursive: true });
}
