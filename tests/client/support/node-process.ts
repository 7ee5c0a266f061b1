/** Processes that use a store in a directory, and the directories. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const SCRIPT = path.join(import.meta.dirname, "node-child.mjs");

/** Runs with the path of a new directory, which is removed in the end. */
export async function withDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), "chromatid-"));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A process that was started, and the lines that it has said. */
export class StoreProcess {
  readonly lines: string[] = [];
  /** Its exit code, null if it was killed. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  /** `command` is one of `node-child.mjs`; `launcher` comes before the program. */
  constructor(command: "write" | "hold" | "leave" | "seize", directory: string, launcher: string[] = []) {
    const [program = "", ...args] = [...launcher, process.execPath, SCRIPT, command, directory];
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    const said = createInterface({ input: child.stdout });
    said.on("line", (line) => this.lines.push(line));
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends it in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** Ends its input, upon which it may end by itself. */
  async finish(): Promise<number | null> {
    this.#child.stdin?.end();
    return this.ended;
  }
}
