/** `chromatid copy`: collections from one place to another. */

import path from "node:path";

import { collect, command, integer } from "./command.js";
import { copyRecords } from "./copy/records.js";
import { createLike } from "./copy/collections.js";
import { startProgress } from "./copy/progress.js";
import { CliError } from "./errors.js";
import { connect, isUrl } from "./places.js";
import { type CollectionText, DatabaseClient, type Limits } from "./rest/client.js";
import type { Transport } from "./rest/transport.js";
import { type Command, Option } from "./vendor/commander.js";

interface CopyOptions {
  collection?: string[];
  sourceTenant: string;
  sourceDatabase: string;
  sourceToken?: string;
  targetTenant: string;
  targetDatabase: string;
  targetToken?: string;
  page: number;
  overwrite?: boolean;
}

/** Records of a page: of common vectors a few mebibytes. */
const PAGE = 1000;

/** Adds the command. */
export function addCopy(program: Command): void {
  command(program, "copy", "Copies collections between directories, chromatid servers and Chroma servers.")
    .argument("<source>", "directory or URL")
    .argument("<target>", "directory, which may be new, or URL")
    .option("--collection <name>", "only this one; may be repeated", collect)
    .option("--source-tenant <name>", "tenant of the source", "default_tenant")
    .option("--source-database <name>", "database of the source", "default_database")
    .addOption(new Option("--source-token <token>", "token for the source").env("CHROMATID_SOURCE_TOKEN"))
    .option("--target-tenant <name>", "tenant of the target; created if missing", "default_tenant")
    .option("--target-database <name>", "database of the target; created if missing", "default_database")
    .addOption(new Option("--target-token <token>", "token for the target").env("CHROMATID_TARGET_TOKEN"))
    .option("--page <n>", "records that are read at once", integer(1), PAGE)
    .option("--overwrite", "writes records anew whose ids the target has already")
    .addHelpText("after", "\nA copy that was interrupted goes on when it is started again.")
    .action(copy);
}

async function copy(from: string, to: string, options: CopyOptions): Promise<void> {
  const isOne = placeOf(from) === placeOf(to);
  if (isOne && options.sourceTenant === options.targetTenant && options.sourceDatabase === options.targetDatabase) {
    throw new CliError("The source is the target: name another place, or another database with --target-database.");
  }
  const opened: Transport[] = [];
  const open = async (...[place, wanted]: Parameters<typeof connect>) => {
    const transport = await connect(place, wanted);
    opened.push(transport);
    return transport;
  };
  try {
    const source = await open(from, { token: options.sourceToken });
    // A directory is open once.
    const target = isOne && !isUrl(to) ? source : await open(to, { token: options.targetToken, create: true });
    await copyCollections(
      new DatabaseClient(source, { tenant: options.sourceTenant, database: options.sourceDatabase }),
      new DatabaseClient(target, { tenant: options.targetTenant, database: options.targetDatabase }),
      options,
    );
  } finally {
    await Promise.all(opened.map((transport) => transport.close()));
  }
}

/** What tells two places apart. */
function placeOf(place: string): string {
  return isUrl(place) ? new URL(place).origin : path.resolve(place);
}

async function copyCollections(source: DatabaseClient, target: DatabaseClient, options: CopyOptions): Promise<void> {
  const collections = await chosen(source, options);
  await target.ensure();
  const limits = await target.limits();
  const differences: string[] = [];
  for (const collection of collections) {
    differences.push(...(await copyCollection(source, target, { collection, limits, options })));
  }
  if (differences.length > 0) {
    throw new CliError(`The copy is not the same: ${differences.join("; ")}.`);
  }
}

async function chosen(source: DatabaseClient, { collection: names, sourceDatabase }: CopyOptions): Promise<CollectionText[]> {
  if (!names) {
    const all = await source.collections();
    if (all.length === 0) {
      throw new CliError(`There are no collections in the database '${sourceDatabase}' of ${source.transport.place}.`);
    }
    return all;
  }
  return Promise.all(
    names.map(async (name) => {
      const found = await source.collection(name);
      if (!found) {
        throw new CliError(`There is no collection '${name}' in the database '${sourceDatabase}' of ${source.transport.place}.`);
      }
      return found;
    }),
  );
}

/** Copies a collection; answers how the target's differs then. */
async function copyCollection(
  source: DatabaseClient,
  target: DatabaseClient,
  { collection, limits, options }: { collection: CollectionText; limits: Limits; options: CopyOptions },
): Promise<string[]> {
  const { name } = collection;
  const { created, notes } = await createLike(collection, target);
  const [from, to] = [source.records(collection), target.records(created)];
  const progress = startProgress(name, await from.count());
  let copied = 0;
  try {
    copied = await copyRecords(from, to, {
      limits,
      page: options.page,
      overwrite: options.overwrite ?? false,
      onRecords: (done) => progress.update(done),
    });
  } finally {
    progress.stop();
  }
  const [had, has] = await Promise.all([from.count(), to.count()]);
  process.stdout.write(`${name}: ${String(copied)} copied, ${String(has)} in the target\n`);
  for (const note of notes) {
    process.stdout.write(`${name}: ${note}\n`);
  }
  return had === has ? [] : [`'${name}' has ${String(had)} records in the source and ${String(has)} in the target`];
}
