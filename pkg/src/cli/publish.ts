/** `chromatid publish`: a collection as a snapshot, in a directory or at an address. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, open, rename, writeFile } from "node:fs/promises";
import path from "node:path";

import { generateSnapshotKey, publicKeyOf, type Publication, publish, type SnapshotTarget } from "../entry/snapshots.js";
import { ChromaNotFoundError } from "../errors.js";
import { collect, command } from "./command.js";
import { withClient } from "./directory.js";
import { CliError } from "./errors.js";
import type { Command } from "./vendor/commander.js";

interface PublishCommand {
  key?: string;
  name?: string;
  tenant: string;
  database: string;
  header?: string[];
  rewrite?: boolean;
}

/** A pair of keys as its file has it. */
interface KeyFile {
  privateKey: JsonWebKey;
  publicKey: JsonWebKey;
}

/** Adds the command. */
export function addPublish(program: Command): void {
  command(program, "publish", "Writes a collection as a snapshot that is searched over HTTP where it lies.")
    .argument("<path>", "directory of the store; no server may run on it")
    .argument("<collection>", "name of the collection")
    .argument("<target>", "a directory, or an address below which files are PUT")
    .option("--key <file>", "signs the snapshot; a file that does not exist gets a new key")
    .option("--name <name>", "name of the manifest, without `.cidm`; default: the collection's")
    .option("--tenant <name>", "tenant of the collection", "default_tenant")
    .option("--database <name>", "database of the collection", "default_database")
    .option("--header <line>", "a header of requests to an address, as `Name: value`; may be repeated", collect)
    .option("--rewrite", "writes everything, not only what has changed")
    .addHelpText("after", "\nThe file of a key is a secret: whoever has it can publish what readers of the public key believe.")
    .action(publishCollection);
}

async function publishCollection(store: string, name: string, target: string, options: PublishCommand): Promise<void> {
  const { tenant, database } = options;
  const isAddress = /^https?:/i.test(target);
  const key = options.key === undefined ? undefined : await keyOf(options.key);
  await withClient(store, { tenant, database }, async (client) => {
    const collection = await client.getCollection({ name }).catch((error: unknown) => {
      if (error instanceof ChromaNotFoundError) {
        throw new CliError(`There is no collection '${name}' in ${tenant}/${database} of ${store}.`, { cause: error });
      }
      throw error;
    });
    const published = await publish(collection, {
      target: isAddress ? new URL(target) : new DirectoryTarget(path.resolve(target)),
      headers: headersOf(options.header ?? []),
      ...(key && { key }),
      ...(options.name !== undefined && { name: options.name }),
      rewrite: options.rewrite ?? false,
    });
    process.stdout.write(`${summaryOf(published)}\n`);
    if (key) {
      process.stdout.write(`public key: ${await publicKeyOf(key)}\n`);
    }
  });
}

function summaryOf({ kind, manifest, generation, records, packs, bytes }: Publication): string {
  if (kind === "unchanged") {
    return `${manifest} is up to date: generation ${String(generation)}, ${records.toLocaleString("en")} records`;
  }
  const written = `${packs.toLocaleString("en")} packs, ${bytes.toLocaleString("en")} bytes`;
  const what = kind === "all" ? "everything" : "what has changed";
  return `${manifest}: generation ${String(generation)}, ${records.toLocaleString("en")} records; ${what} written: ${written}`;
}

function headersOf(lines: readonly string[]): [string, string][] {
  return lines.map((line) => {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new CliError(`'${line}' is no header: write it as 'Name: value'.`);
    }
    return [name, value];
  });
}

/** The pair of a file, which nobody else may read; a new one if there is none. */
async function keyOf(file: string): Promise<CryptoKeyPair> {
  if (!existsSync(file)) {
    const pair = await generateSnapshotKey();
    const [privateKey, publicKey] = await Promise.all([pair.privateKey, pair.publicKey].map((key) => crypto.subtle.exportKey("jwk", key)));
    writeFileSync(file, `${JSON.stringify({ privateKey, publicKey }, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    return pair;
  }
  try {
    const { privateKey, publicKey } = JSON.parse(readFileSync(file, "utf8")) as KeyFile;
    return {
      privateKey: await crypto.subtle.importKey("jwk", privateKey, "Ed25519", true, ["sign"]),
      publicKey: await crypto.subtle.importKey("jwk", publicKey, "Ed25519", true, ["verify"]),
    };
  } catch (error) {
    throw new CliError(`${file} is not the file of a key: name another one, or one that does not exist to get a new key.`, { cause: error });
  }
}

/** A directory, which a server of files may serve as it is. */
class DirectoryTarget implements SnapshotTarget {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const file = path.join(this.#directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    // It has its name only when it is whole.
    await writeFile(`${file}.partial`, bytes, { flush: true });
    await rename(`${file}.partial`, file);
  }

  async get(name: string, start = 0, end?: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const file = path.join(this.#directory, name);
    if (!existsSync(file)) {
      return undefined;
    }
    const handle = await open(file, "r");
    try {
      const { size } = await handle.stat();
      const bytes = new Uint8Array(Math.max(0, Math.min(size, end ?? size) - start));
      let read = 0;
      while (read < bytes.length) {
        const { bytesRead } = await handle.read(bytes, read, bytes.length - read, start + read);
        if (bytesRead === 0) {
          break;
        }
        read += bytesRead;
      }
      return bytes.subarray(0, read);
    } finally {
      await handle.close();
    }
  }
}
