/** `chromatid vacuum`: a store in as few bytes as it needs. */

import path from "node:path";

import { command } from "./command.js";
import { bytesOf, openExisting } from "./directory.js";
import type { Command } from "./vendor/commander.js";

/** Adds the command. */
export function addVacuum(program: Command): void {
  command(program, "vacuum", "Compacts a store and gives free space back to the disk.")
    .argument("<path>", "directory of the store; no server may run on it")
    .action(vacuum);
}

async function vacuum(given: string): Promise<void> {
  const directory = path.resolve(given);
  const handler = await openExisting(directory);
  const before = bytesOf(directory);
  try {
    await handler.compact();
    // Indexes too come to the state in which idle time would leave them.
    while (await handler.maintain()) {
      // Each call is one step.
    }
  } finally {
    await handler.close();
  }
  const text = (bytes: number) => `${bytes.toLocaleString("en")} bytes`;
  process.stdout.write(`before: ${text(before)}\nafter: ${text(bytesOf(directory))}\n`);
}
