/** The commands and what they have in common. */

import { addExport, addImport } from "./archive.js";
import { addBrowse } from "./browse.js";
import { addRepair, addVerify } from "./care.js";
import { addCopy } from "./copy.js";
import { addDb } from "./db.js";
import { command, named } from "./command.js";
import { addPublish } from "./publish.js";
import { addRun } from "./run.js";
import { addVacuum } from "./vacuum.js";
import { Command } from "./vendor/commander.js";

/** The program, to be given its arguments. */
export function createProgram(): Command {
  const program = named(new Command("chromatid")).description("Chroma's vector database in a process: its server, and the care of stores.");
  addRun(program);
  addBrowse(program);
  addCopy(program);
  addExport(program);
  addImport(program);
  addPublish(program);
  addVerify(program);
  addRepair(program);
  addVacuum(program);
  addDb(command(program, "db", "Lists, creates and deletes databases."));
  return program;
}
