/** `chromatid export` and `chromatid import`: a store as one file. */

import { createReadStream, createWriteStream, existsSync, renameSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { Exported, ExistingCollections } from "../archive.js";
import { collect, command } from "./command.js";
import { withClient } from "./directory.js";
import { CliError } from "./errors.js";
import { type Command, Option } from "./vendor/commander.js";

interface ExportCommand {
  collection?: string[];
  tenant: string;
  database: string;
  skipDamaged?: boolean;
  force?: boolean;
}

/** A file of this name is the standard output or input. */
const STREAM = "-";

/** Adds the command. */
export function addExport(program: Command): void {
  command(program, "export", "Writes everything that a store holds into one file.")
    .argument("<path>", "directory of the store; no server may run on it")
    .argument("<file>", `the file; ${STREAM} is the standard output`)
    .option("--collection <name>", "only this one, of one database; may be repeated", collect)
    .option("--tenant <name>", "tenant of the collections that are named", "default_tenant")
    .option("--database <name>", "database of the collections that are named", "default_database")
    .option("--skip-damaged", "leaves out what cannot be read, and says what that was")
    .option("--force", "replaces a file that exists")
    .addHelpText("after", "\nThe file is not encrypted. Earlier versions and attached functions are not part of it.")
    .action(exportStore);
}

/** Adds the command. */
export function addImport(program: Command): void {
  command(program, "import", "Reads a file that `chromatid export`, or a page, has written.")
    .argument("<path>", "directory of the store, which may be new; no server may run on it")
    .argument("<file>", `the file; ${STREAM} is the standard input`)
    .addOption(
      new Option("--existing <what>", "what becomes of collections that exist already")
        .choices(["refuse", "merge", "replace"])
        .default("refuse"),
    )
    .action(importStore);
}

async function exportStore(directory: string, file: string, options: ExportCommand): Promise<void> {
  const { collection, tenant, database, skipDamaged, force } = options;
  if (file !== STREAM && !force && existsSync(file)) {
    throw new CliError(`${file} exists already: name another file, or add --force.`);
  }
  await withClient(directory, { tenant, database }, async (client) => {
    let exported: Exported | undefined;
    const stream = client.export({
      ...(collection && { collections: collection }),
      skipDamaged: skipDamaged ?? false,
      onEnd: (found) => (exported = found),
    });
    await write(Readable.from(stream as unknown as AsyncIterable<Uint8Array>), file);
    tell(exported, file);
  });
}

/** The file gets its name when it is whole. */
async function write(stream: Readable, file: string): Promise<void> {
  if (file === STREAM) {
    await pipeline(stream, process.stdout);
    return;
  }
  const partial = `${file}.partial`;
  try {
    await pipeline(stream, createWriteStream(partial, { flush: true }));
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/** On the standard error, as the file may be the standard output. */
function tell(exported: Exported | undefined, file: string): void {
  const { collections = 0, records = 0, damaged = [] } = exported ?? {};
  for (const { name, lostRecords } of damaged) {
    const count = lostRecords === null ? "nothing of it" : `not ${lostRecords.toLocaleString("en")} of its records`;
    process.stderr.write(`'${name}' is damaged: ${count} could be read\n`);
  }
  const place = file === STREAM ? "" : ` in ${file}`;
  process.stderr.write(`${records.toLocaleString("en")} records of ${String(collections)} collections${place}\n`);
}

async function importStore(directory: string, file: string, { existing }: { existing: ExistingCollections }): Promise<void> {
  if (file !== STREAM && !existsSync(file)) {
    throw new CliError(`There is no file ${file}.`);
  }
  await withClient(directory, { create: true }, async (client) => {
    const source: Readable = file === STREAM ? process.stdin : createReadStream(file, { highWaterMark: 1024 * 1024 });
    const { collections, records, lost } = await client.import(source, { existing });
    await client.compact();
    process.stdout.write(`${records.toLocaleString("en")} records of ${String(collections)} collections\n`);
    if (lost > 0) {
      process.stdout.write(`the export says that ${lost.toLocaleString("en")} more could not be read\n`);
    }
  });
}
