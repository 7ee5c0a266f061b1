#!/usr/bin/env node
/** The program `chromatid`. */

import { report } from "./errors.js";
import { createProgram } from "./program.js";

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
