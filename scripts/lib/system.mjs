/** The programs and packages of this machine. */

import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";

import { SetupError } from "./log.mjs";
import { run } from "./run.mjs";

/**
 * The path of a program on the PATH.
 * @param {string} name
 * @returns {string | undefined}
 */
export function which(name) {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => path.join(directory, name))
    .find(isProgram);
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export function hasApt() {
  return process.platform === "linux" && which("apt-get") !== undefined;
}

/**
 * Installs Debian packages as root, or through sudo without a prompt.
 * @param {string[]} packages
 */
export async function aptInstall(packages) {
  const prefix = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  if (prefix.length > 0 && !which("sudo")) {
    throw new SetupError(`These Debian packages are needed, and this user may not install them: ${packages.join(" ")}`);
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const steps = [
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages],
  ];
  for (const step of steps) {
    const { code } = await run([...prefix, ...step], { env });
    if (code !== 0) {
      throw new SetupError(`"${[...prefix, ...step].join(" ")}" failed: run it by hand, then start again`);
    }
  }
}
