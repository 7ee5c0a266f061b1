/** `chromatid verify` and `chromatid repair`: damage, found and mended. */

import type { Damage } from "../verification.js";
import { command } from "./command.js";
import { withClient } from "./directory.js";
import { CliError } from "./errors.js";
import type { Command } from "./vendor/commander.js";

/** Adds the command. */
export function addVerify(program: Command): void {
  command(program, "verify", "Looks a store through for damage. Changes nothing.")
    .argument("<path>", "directory of the store; no server may run on it")
    .option("--quick", "looks only whether everything is there, and reads nothing")
    .action(verify);
}

/** Adds the command. */
export function addRepair(program: Command): void {
  command(program, "repair", "Makes damaged collections whole again; records that cannot be read are given up.")
    .argument("<path>", "directory of the store; no server may run on it")
    .addHelpText("after", "\nExport the store first with --skip-damaged, or copy its directory.")
    .action(repair);
}

async function verify(directory: string, { quick = false }: { quick?: boolean }): Promise<void> {
  await withClient(directory, {}, async (client) => {
    const { ok, blocks, bytes, records, problems } = await client.verify({ deep: !quick });
    problems.forEach((problem) => process.stdout.write(`${lineOf(problem)}\n`));
    const read = quick ? "" : `, ${bytes.toLocaleString("en")} bytes, ${records.toLocaleString("en")} records`;
    process.stdout.write(`${blocks.toLocaleString("en")} blocks${read}\n`);
    if (!ok) {
      throw new CliError(`${String(problems.length)} problems: \`chromatid repair\` mends collections, and says what is lost.`);
    }
  });
}

async function repair(directory: string): Promise<void> {
  await withClient(directory, {}, async (client) => {
    const { repaired, left } = await client.repair();
    for (const { name, rebuilt, lostRecords, lostIds, lostVersions } of repaired) {
      const ids = lostIds.length > 0 ? `: ${lostIds.join(", ")}` : "";
      const lost = lostRecords > 0 ? `, ${lostRecords.toLocaleString("en")} records are lost${ids}` : "";
      const versions = lostVersions > 0 ? `, ${String(lostVersions)} earlier versions are forgotten` : "";
      process.stdout.write(`'${name}' ${rebuilt ? "is written anew" : "is as it was"}${lost}${versions}\n`);
    }
    if (repaired.length === 0 && left.length === 0) {
      process.stdout.write("nothing is damaged\n");
    }
    left.forEach((problem) => process.stdout.write(`left as it is: ${lineOf(problem)}\n`));
    if (left.length > 0) {
      throw new CliError("Some damage is beyond repair: export what can be read with --skip-damaged.");
    }
  });
}

function lineOf({ place, reason, part, collection }: Damage): string {
  return `${collection === null ? "" : `'${collection}', `}${part}: ${place}: ${reason}`;
}
