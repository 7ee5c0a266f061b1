#!/usr/bin/env node
/** The program `chromatid`. */

import { errorCode, report } from "./errors.js";
import { createProgram } from "./program.js";

// A reader that has had enough, such as `head`, is no failure.
process.stdout.on("error", (error) => process.exit(errorCode(error) === "EPIPE" ? 0 : report(error)));
process.on("uncaughtException", (error) => process.exit(report(error)));

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
