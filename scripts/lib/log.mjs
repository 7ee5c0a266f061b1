/** What the scripts say, in one form. */

import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What ends a script with its message alone: something that is missing, and what to do about it. */
export class SetupError extends Error {
  name = "SetupError";
}

/** @param {string} text */
export function say(text) {
  console.log(text);
}

/** @param {string} title */
export function heading(title) {
  console.log(`\n\u2501\u2501 ${title}`);
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/**
 * Whether the module at `url` is the program that was started, rather than imported by one.
 * Prepares it: a {@link SetupError} ends the program with its message alone.
 * @param {string} url
 */
export function isMain(url) {
  const main = process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
  if (main) {
    process.on("uncaughtException", (error) => {
      console.error(error instanceof SetupError ? `\n${error.message}` : error);
      process.exit(1);
    });
  }
  return main;
}
