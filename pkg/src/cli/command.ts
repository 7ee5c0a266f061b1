/** How a command speaks, and arguments that several have. */

import { readFileSync } from "node:fs";

import { type Command, InvalidArgumentError } from "./vendor/commander.js";

const PACKAGE = new URL("../../package.json", import.meta.url);

/** Version of the package. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };
  return version;
}

/** Adds a command with the manners of all. */
export function command(parent: Command, name: string, description: string): Command {
  return named(parent.command(name)).description(description);
}

/** Gives a command a version, and errors of one line that end with where help is. */
export function named(command: Command): Command {
  return command
    .version(version())
    .helpOption("-h, --help", "display help")
    .configureOutput({
      outputError(text, write) {
        const line = text.trim().replaceAll("\n", " ").replace(/['\w]$/, "$&.");
        write(`${line} See '${pathOf(command)} --help'.\n`);
      },
    });
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** For options that may be given several times. */
export function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** A parser of whole numbers. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) {
      return number;
    }
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${String(least)} on` : `from ${String(least)} to ${String(most)}`;
    throw new InvalidArgumentError(`It is a whole number ${range}.`);
  };
}

/** A number of mebibytes, as bytes. */
export function mebibytes(text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (number > 0) {
    return Math.ceil(number * 1024 * 1024);
  }
  throw new InvalidArgumentError("It is a number of mebibytes above 0.");
}
