/** `chromatid db`: the databases of a store or of a server. */

import { createInterface } from "node:readline/promises";

import { command } from "./command.js";
import { CliError } from "./errors.js";
import { withPlace } from "./places.js";
import { call, DatabaseClient, databasePath, RestError, type Scope, tenantPath, understood } from "./rest/client.js";
import type { Transport } from "./rest/transport.js";
import { type Command, Option } from "./vendor/commander.js";

interface DbOptions {
  path: string;
  url?: string;
  tenant: string;
  token?: string;
}

/** Databases of a list that are asked for at once. */
const LISTED = 100;

/** Adds the commands below `db`. */
export function addDb(db: Command): void {
  placed(command(db, "list", "Names the databases, one a line.")).action((options: DbOptions) => reach(options, {}, list));
  placed(command(db, "create", "Creates a database.").argument("<name>")).action((name: string, options: DbOptions) =>
    reach(options, { create: true }, (transport, { tenant }) => create(transport, tenant, name)),
  );
  placed(command(db, "delete", "Deletes a database with its collections.").argument("<name>"))
    .option("-y, --yes", "deletes it without asking")
    .action((name: string, options: DbOptions & { yes?: boolean }) =>
      reach(options, {}, (transport, { tenant }) => remove(transport, { tenant, database: name }, options.yes ?? false)),
    );
}

function placed(db: Command): Command {
  return db
    .option("--path <directory>", "directory of the store; no server may run on it", "./chroma")
    .addOption(new Option("--url <url>", "address of a server").conflicts("path"))
    .option("--tenant <name>", "whose databases", "default_tenant")
    .addOption(new Option("--token <token>", "token for the server").env("CHROMATID_TOKEN"));
}

function reach(
  options: DbOptions,
  { create = false }: { create?: boolean },
  run: (transport: Transport, options: DbOptions) => Promise<void>,
): Promise<void> {
  const { path, url = path, token } = options;
  return withPlace(url, { token, create }, (transport) => run(transport, options));
}

async function list(transport: Transport, { tenant }: DbOptions): Promise<void> {
  for (let offset = 0; ; ) {
    const query = `limit=${String(LISTED)}&offset=${String(offset)}`;
    const text = await call(transport, "GET", `${tenantPath(tenant)}/databases?${query}`);
    const found = understood(transport, text, JSON.parse) as { name: string }[];
    if (found.length === 0) {
      return;
    }
    process.stdout.write(found.map(({ name }) => `${name}\n`).join(""));
    offset += found.length;
  }
}

async function create(transport: Transport, tenant: string, name: string): Promise<void> {
  try {
    await call(transport, "POST", `${tenantPath(tenant)}/databases`, JSON.stringify({ name }));
  } catch (error) {
    throw error instanceof RestError && error.status === 409 ? new CliError(`There is a database '${name}' already.`) : error;
  }
  process.stdout.write(`'${name}' is created.\n`);
}

async function remove(transport: Transport, scope: Scope, agreed: boolean): Promise<void> {
  const { database } = scope;
  const client = new DatabaseClient(transport, scope);
  if (!(await client.exists())) {
    throw new CliError(`There is no database '${database}': \`chromatid db list\` names those there are.`);
  }
  if (!agreed && !(await confirm(`Delete '${database}' with its ${String((await client.collections()).length)} collections?`))) {
    process.stdout.write("Nothing was deleted.\n");
    return;
  }
  await call(transport, "DELETE", databasePath(scope));
  process.stdout.write(`'${database}' is deleted.\n`);
}

/** Asks somebody at a terminal. */
async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CliError("Nobody can be asked whether to delete it: add --yes.");
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
