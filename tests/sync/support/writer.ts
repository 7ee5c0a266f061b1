/** The official Python client in a process of its own: a writer that knows nothing of synchronisation. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

/** A record as Python users see it. */
export interface PythonRecord {
  id: string;
  document: string | null;
  uri: string | null;
  /** Values as Python writes them. */
  shown: Record<string, string>;
  metadata: Record<string, unknown>;
  embedding: number[];
}

interface Reply {
  result?: unknown;
  error?: string;
}

const PYTHON = path.join(import.meta.dirname, "../../../.venv-chroma/bin/python");
const PROGRAM = path.join(import.meta.dirname, "writer.py");

export class Writer {
  readonly #child: ChildProcess;
  readonly #waiting: ((reply: Reply) => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout) {
      createInterface(child.stdout).on("line", (line) => this.#waiting.shift()?.(JSON.parse(line) as Reply));
    }
    child.once("exit", () => this.#waiting.splice(0).forEach((hear) => hear({ error: "the writer has ended" })));
  }

  /** A server that runs has seen to it that Python's package is there. */
  static start(port: number): Writer {
    const env = { ...process.env, ANONYMIZED_TELEMETRY: "false" };
    return new Writer(spawn(PYTHON, [PROGRAM, String(port)], { stdio: ["pipe", "pipe", "inherit"], env }));
  }

  /** Does something; arguments may be JSON as a text, where it matters how numbers are written. */
  async tell(collection: string, action: string, request: object | string = {}): Promise<unknown> {
    const json = typeof request === "string" ? request : JSON.stringify(request);
    const reply = await new Promise<Reply>((hear) => {
      this.#waiting.push(hear);
      this.#child.stdin?.write(`[${JSON.stringify(collection)},${JSON.stringify(action)},${json}]\n`);
    });
    if (reply.error !== undefined) {
      throw new Error(`${action}: ${reply.error}`);
    }
    return reply.result;
  }

  /** The records, by their ids. */
  async seen(collection: string): Promise<Map<string, PythonRecord>> {
    const records = (await this.tell(collection, "seen")) as PythonRecord[];
    return new Map(records.map((record) => [record.id, record]));
  }

  async end(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    await ended;
  }
}
