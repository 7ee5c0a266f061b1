/** Stores in directories, as commands open them. */

import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

import type { ChromaClient } from "../client.js";
import { createHandler } from "../entry/server.js";
import { describeError } from "../engine/errors.js";
import type { Handler, HandlerOptions } from "../server/handler.js";
import { NodeDirectory } from "../storage/node-directory.js";
import { CliError } from "./errors.js";

/** The file that every store has (docs/FORMAT.md). */
const ROOT_FILE = "root";

/** The file that every directory of Chroma's own server has. */
const CHROMA_FILE = "chroma.sqlite3";

/** Time after which somebody at a terminal is told what is waited for, in milliseconds. */
const NOTICE_MS = 1_000;

/** Opens the store in a directory; a directory without one gets it. */
export async function openDirectory(directory: string, options: Omit<HandlerOptions, "storage">): Promise<Handler> {
  refuseChroma(directory);
  // A store that another process has is waited for: it may be about to end.
  const notice = setTimeout(() => {
    if (process.stderr.isTTY) {
      process.stderr.write(`waiting for ${directory}\n`);
    }
  }, NOTICE_MS);
  try {
    const handler = createHandler({ ...options, storage: new NodeDirectory(directory) });
    await handler.ready();
    return handler;
  } catch (error) {
    throw new CliError(reasonOf(error, directory), { cause: error });
  } finally {
    clearTimeout(notice);
  }
}

/** Opens a store that is there already, for the work of this process alone: without bounds for strangers. */
export async function openExisting(directory: string): Promise<Handler> {
  refuseMissing(directory);
  return openForOneself(directory);
}

/** Works on a store in a directory by the package's own client. */
export async function withClient(
  given: string,
  { create = false, ...scope }: { create?: boolean; tenant?: string; database?: string },
  work: (client: ChromaClient) => Promise<void>,
): Promise<void> {
  const directory = path.resolve(given);
  if (create) {
    refuseChroma(directory);
  } else {
    refuseMissing(directory);
  }
  // The engine without the HTTP API, which the other commands do not need.
  const { PersistentClient } = await import("../entry/node.js");
  const client = new PersistentClient({ ...scope, path: directory, housekeeping: "manual" });
  try {
    await client.heartbeat();
  } catch (error) {
    throw new CliError(reasonOf(error instanceof Error ? (error.cause ?? error) : error, directory), { cause: error });
  }
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

function refuseMissing(directory: string): void {
  refuseChroma(directory);
  if (!existsSync(path.join(directory, ROOT_FILE))) {
    throw new CliError(`There is no store in ${directory}: give the directory that \`chromatid run --path\` was given.`);
  }
}

/** The same, for a directory that may be new. */
export function openForOneself(directory: string): Promise<Handler> {
  return openDirectory(directory, {
    insecure: true,
    limits: { bodyBytes: Number.POSITIVE_INFINITY, milliseconds: 0, concurrency: Number.POSITIVE_INFINITY },
  });
}

/** The bytes of the files of a directory. */
export function bytesOf(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
}

/** A store beside the files of Chroma's own server would look as if the data were gone. */
function refuseChroma(directory: string): void {
  if (existsSync(path.join(directory, CHROMA_FILE)) && !existsSync(path.join(directory, ROOT_FILE))) {
    throw new CliError(
      `${directory} holds data of Chroma's own server, whose files are not read: serve them by \`chroma run\`, ` +
        "and take them over with `chromatid copy URL DIRECTORY`.",
    );
  }
}

function reasonOf(error: unknown, directory: string): string {
  const { name, message } = describeError(error);
  if (name === "StorageLockedError") {
    return `${directory} is in use by another process: end that, give its address instead, or give another directory.`;
  }
  if (/EACCES|EPERM|EROFS|NotAllowedError/.test(`${name} ${message}`)) {
    return `${directory} cannot be written: change its permissions, or give another directory.`;
  }
  if (/ENOTDIR|EEXIST/.test(message)) {
    return `${directory} is not a directory: give another path.`;
  }
  return `${directory} cannot be opened: ${message}`;
}
