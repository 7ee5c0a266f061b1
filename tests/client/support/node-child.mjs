/**
 * What a process of its own does with a store in a directory: `node node-child.mjs <command> <directory>`. It tells of its progress by lines.
 */

import { appendFileSync, mkdirSync, rmdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";

import { NodeDirectory, PersistentClient } from "chromatid";

/** Records of one batch. */
const BATCH = 20;

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/** @type {Record<string, (directory: string) => Promise<void>>} */
const commands = {
  /** Writes batches, and says which were acknowledged, until it is killed. */
  async write(directory) {
    const client = new PersistentClient({ path: directory });
    const collection = await client.getOrCreateCollection({ name: "writes", embeddingFunction: null });
    const rows = Array.from({ length: BATCH }, (_, i) => i);
    for (let batch = (await collection.count()) / BATCH; ; batch += 1) {
      await collection.add({
        ids: rows.map((i) => `${batch}-${i}`),
        embeddings: rows.map((i) => [batch, i, 1]),
        documents: rows.map((i) => `document ${i} of batch ${batch}`),
      });
      say(`acknowledged ${batch}`);
    }
  },

  /** Opens the store, and keeps it until its input ends. */
  async hold(directory) {
    await opened(directory);
    process.stdin.resume();
  },

  /** Writes, and ends without closing anything. */
  async leave(directory) {
    const client = await opened(directory);
    const collection = await client.getOrCreateCollection({ name: "left", embeddingFunction: null });
    collection.watch({ get: {} }, () => undefined);
    await collection.upsert({ ids: ["a"], embeddings: [[1, 2]] });
    say("written");
  },

  /** Takes the lock of a directory as soon as it gets it, looks whether it is alone, and is killed while it holds it. */
  async seize(directory) {
    const kept = new NodeDirectory(directory);
    const file = await kept.getFileHandle("file", { create: true });
    for (;;) {
      try {
        await file.createSyncAccessHandle();
        break;
      } catch (error) {
        if (/** @type {Error} */ (error).name !== "NoModificationAllowedError") {
          throw error;
        }
        await pause(Math.random() * 5);
      }
    }
    const inside = path.join(directory, "inside");
    // Fails if another one is inside.
    mkdirSync(inside);
    await pause(20);
    appendFileSync(path.join(directory, "seized"), `${process.pid}\n`);
    rmdirSync(inside);
    process.kill(process.pid, "SIGKILL");
  },
};

/** @param {string} directory */
async function opened(directory) {
  const client = new PersistentClient({ path: directory });
  await client.heartbeat();
  say("open");
  return client;
}

const [, , command = "", directory = ""] = process.argv;
try {
  await commands[command]?.(directory);
} catch (error) {
  const { name, message, cause } = /** @type {Error} */ (error);
  say(`failed ${name}: ${message} (${/** @type {Error | undefined} */ (cause)?.name ?? ""})`);
  process.exitCode = 1;
}
