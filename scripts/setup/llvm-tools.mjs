/** The programs that read what instrumented tests leave behind, of the version that the compiler has inside. */

import { existsSync } from "node:fs";
import path from "node:path";

import { say, SetupError } from "../lib/log.mjs";
import { run } from "../lib/run.mjs";
import { aptInstall, hasApt, which } from "../lib/system.mjs";

/** @typedef {{ profdata: string, cov: string }} LlvmTools */

/**
 * Finds them, or installs Debian's.
 * @returns {Promise<LlvmTools>}
 */
export async function ensureLlvmTools() {
  const { output } = await run(["rustc", "-vV"], { quiet: true });
  const host = /^host: (\S+)$/m.exec(output)?.[1] ?? "";
  const version = /^LLVM version: (\d+)/m.exec(output)?.[1] ?? "";
  const found = (await ofRustup(host)) ?? ofSystem(version);
  if (found) {
    return found;
  }
  if (hasApt()) {
    say(`llvm: installing Debian's tools of version ${version} (20 MB)`);
    await aptInstall([`llvm-${version}`]);
  }
  const installed = ofSystem(version);
  if (!installed) {
    throw new SetupError(`LLVM's tools of version ${version} are needed: \`rustup component add llvm-tools\`, or the package llvm-${version} of your system`);
  }
  return installed;
}

/**
 * @param {string} host
 * @returns {Promise<LlvmTools | undefined>}
 */
async function ofRustup(host) {
  const { output } = await run(["rustc", "--print", "sysroot"], { quiet: true });
  const folder = path.join(output.trim(), "lib/rustlib", host, "bin");
  const tools = { profdata: path.join(folder, "llvm-profdata"), cov: path.join(folder, "llvm-cov") };
  return existsSync(tools.profdata) && existsSync(tools.cov) ? tools : undefined;
}

/**
 * @param {string} version
 * @returns {LlvmTools | undefined}
 */
function ofSystem(version) {
  const [profdata, cov] = [which(`llvm-profdata-${version}`), which(`llvm-cov-${version}`)];
  return profdata && cov ? { profdata, cov } : undefined;
}
