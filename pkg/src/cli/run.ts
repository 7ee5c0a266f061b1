/** `chromatid run`: the HTTP API from files. */

import { readFileSync } from "node:fs";
import path from "node:path";
import { setFlagsFromString } from "node:v8";

import { isLoopback } from "../node/names.js";
import { type RunningServer, serve } from "../node/serve.js";
import { type TokenGrant, tokens } from "../server/access.js";
import type { HandlerOptions } from "../server/handler.js";
import { collect, command, integer, mebibytes, version } from "./command.js";
import { openDirectory } from "./directory.js";
import { CliError } from "./errors.js";
import { closeOnSignal, listenFailure } from "./listening.js";
import { type Command, Option } from "./vendor/commander.js";

interface RunOptions {
  path: string;
  host: string;
  port: number;
  token?: string[];
  tokens?: string;
  insecure?: boolean;
  allowHost?: string[];
  cors?: string[];
  allowReset?: boolean;
  cache?: number;
  durability?: "strict" | "relaxed";
  concurrency?: number;
  bodyLimit?: number;
}

/** Adds the command. */
export function addRun(program: Command): void {
  command(program, "run", "Serves Chroma's HTTP API from a directory. Takes the place of `chroma run`.")
    .option("--path <directory>", "where the data are", "./chroma")
    .option("--host <host>", "the address to listen on", "localhost")
    .option("--port <port>", "the port to listen on, 0 for any", integer(0, 65_535), 8000)
    .option("--token <token>", "lets in who sends this token; may be repeated", collect)
    .option("--tokens <file>", "lets in the tokens of a JSON file: [{ token, user, tenant, databases, actions }, …]")
    .addOption(new Option("--insecure", "lets everybody in, on any host").conflicts(["token", "tokens"]))
    .option("--allow-host <name>", "another name than localhost by which it is called, without tokens; may be repeated", collect)
    .option("--cors <origin>", "lets in pages of this origin, '*' for all; may be repeated", collect)
    .option("--allow-reset", "allows POST /api/v2/reset, which deletes everything")
    .option("--cache <MiB>", "memory for blocks of data (default: 64)", mebibytes)
    .addOption(new Option("--durability <kind>", "whether a write is on the disk when it is answered (default: strict)").choices(["strict", "relaxed"]))
    .option("--concurrency <n>", "requests at once; more are answered with 429 (default: 256)", integer(1))
    .option("--body-limit <MiB>", "size of a request (default: 40)", mebibytes)
    .action(run);
}

/**
 * Has V8 compile all of the engine, and well, while the server starts. A page would rather begin at once; here the first requests
 * would wait for the parts that nothing has called yet, and the next hundreds run on code that is not optimised.
 */
function compileAhead(): void {
  for (const flag of ["--no-wasm-lazy-compilation", "--no-wasm-dynamic-tiering"]) {
    try {
      setFlagsFromString(flag);
    } catch {
      // Another engine than V8.
    }
  }
}

async function run(options: RunOptions): Promise<void> {
  compileAhead();
  const access = accessOf(options);
  const directory = path.resolve(options.path);
  const handler = await openDirectory(directory, {
    ...access,
    allowReset: options.allowReset,
    cacheBytes: options.cache,
    durability: options.durability,
    cors: options.cors && { origins: options.cors.includes("*") ? "*" : options.cors },
    limits: { concurrency: options.concurrency, bodyBytes: options.bodyLimit },
  });
  let server: RunningServer;
  try {
    server = await serve(handler, { ...options, names: namesOf(options, access) });
  } catch (error) {
    await handler.close();
    throw new CliError(listenFailure(error, options), { cause: error });
  }
  closeOnSignal(() => server.close());
  const everybody = access.insecure === true && !isLoopback(options.host) ? ", open to everybody" : "";
  process.stdout.write(`chromatid ${version()} serves ${server.url}${everybody}\nfrom ${directory}\n`);
}

/** Nobody has to be known on this machine itself, as with `chroma run`. */
function accessOf({ host, token = [], tokens: file, insecure = false }: RunOptions): Pick<HandlerOptions, "authorize" | "insecure"> {
  const grants: TokenGrant[] = [...token.map((text) => ({ token: text })), ...(file === undefined ? [] : readGrants(file))];
  if (grants.some((grant) => grant.token === "")) {
    throw new CliError("A token must not be empty: it would let everybody in.");
  }
  if (grants.length > 0) {
    return { authorize: tokens(grants) };
  }
  if (insecure || isLoopback(host)) {
    return { insecure: true };
  }
  throw new CliError(`Others can reach ${host}: say who may come in with --token or --tokens, or let everybody in with --insecure.`);
}

/** Where nobody has to be known, pages of the web must not come in by a name of theirs that leads here. */
function namesOf({ host, insecure = false, allowHost = [] }: RunOptions, { authorize }: Pick<HandlerOptions, "authorize">): string[] | undefined {
  return authorize || insecure ? undefined : [host, ...allowHost].map((name) => name.toLowerCase());
}

function readGrants(file: string): TokenGrant[] {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CliError(`The tokens in ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (!Array.isArray(found) || found.length === 0 || !found.every(isGrant)) {
    throw new CliError(
      `${file} is no list of tokens: write [{ "token": "…" }, …], each with user, tenant, databases and actions if you like.`,
    );
  }
  return found;
}

function isGrant(value: unknown): value is TokenGrant {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const { token, user = "", tenant = "", databases = [], actions = [], ...others } = value as Record<string, unknown>;
  const isText = (one: unknown) => typeof one === "string";
  // A misspelt member would let in more than was meant.
  const known = Object.keys(others).length === 0;
  return known && [token, user, tenant].every(isText) && [databases, actions].every((list) => Array.isArray(list) && list.every(isText));
}
