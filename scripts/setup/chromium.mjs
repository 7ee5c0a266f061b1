/**
 * A Chromium for the browser tests: found, or installed where the system's package manager has one. And its headless shell: the same engine without
 * what is around pages (extensions, installed applications, windows), which starts in a third of the time.
 */

import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

import { isMain, say, SetupError } from "../lib/log.mjs";
import { aptInstall, hasApt, which } from "../lib/system.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const SHELLS = ["chromium-headless-shell", "chrome-headless-shell"];

const PROGRAMS = [
  "chrome-linux64/chrome",
  "chrome-linux/chrome",
  "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
  "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
];

const SHELL_PROGRAMS = [
  "chrome-headless-shell-linux64/chrome-headless-shell",
  "chrome-linux/headless_shell",
  "chrome-headless-shell-mac-arm64/chrome-headless-shell",
  "chrome-headless-shell-mac-x64/chrome-headless-shell",
];

const HELP = `No Chromium was found. Any one of these helps:
  - install it: apt-get install chromium (Debian), dnf install chromium (Fedora), brew install --cask chromium (macOS)
  - npx playwright install chromium
  - set CHROMATID_CHROMIUM to the path of a Chromium or Chrome program`;

/**
 * The path of a Chromium on this machine: CHROMATID_CHROMIUM, one on the PATH, or one that Playwright installed.
 * @returns {string | undefined}
 */
export function findChromium() {
  const chosen = process.env.CHROMATID_CHROMIUM;
  if (chosen) {
    if (!existsSync(chosen)) {
      throw new SetupError(`CHROMATID_CHROMIUM is ${chosen}, which does not exist`);
    }
    return chosen;
  }
  return NAMES.map(which).find((found) => found !== undefined) ?? ofPlaywright("chromium", PROGRAMS);
}

/**
 * The path of a headless shell on this machine: one on the PATH, or one that Playwright installed. None where CHROMATID_CHROMIUM asks for a program.
 * @returns {string | undefined}
 */
export function findHeadlessShell() {
  if (process.env.CHROMATID_CHROMIUM) {
    return undefined;
  }
  return SHELLS.map(which).find((found) => found !== undefined) ?? ofPlaywright("chromium_headless_shell", SHELL_PROGRAMS);
}

/**
 * The newest build of a browser in Playwright's own cache.
 * @param {string} browser
 * @param {string[]} programs where it may be in the folder of a build
 */
function ofPlaywright(browser, programs) {
  const cache =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    path.join(homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache", "ms-playwright");
  if (!existsSync(cache)) {
    return undefined;
  }
  const revision = (/** @type {string} */ name) => Number(name.slice(browser.length + 1));
  const builds = readdirSync(cache)
    .filter((name) => name.startsWith(`${browser}-`) && Number.isInteger(revision(name)))
    .sort((a, b) => revision(b) - revision(a));
  return builds
    .flatMap((build) => programs.map((program) => path.join(cache, build, program)))
    .find((program) => existsSync(program));
}

/**
 * Finds a Chromium, installing Debian's where there is none.
 * @returns {Promise<string>} its path
 */
export async function ensureChromium() {
  const found = findChromium();
  if (found) {
    say(`chromium: ${found}`);
    return found;
  }
  if (hasApt()) {
    say("chromium: installing Debian's package (about 150 MB, a minute or two)");
    // Not every system has the shell, without which tests take longer.
    await aptInstall(["chromium", "chromium-headless-shell"]).catch(() => aptInstall(["chromium"]));
  }
  const installed = findChromium();
  if (!installed) {
    throw new SetupError(HELP);
  }
  say(`chromium: ${installed}`);
  return installed;
}

if (isMain(import.meta.url)) {
  await ensureChromium();
}
