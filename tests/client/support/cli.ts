/** The program `chromatid`, in processes of its own, and stores in directories to compare. */

import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";

import { createHandler } from "chromatid/server";
import { NodeDirectory } from "chromatid/node";

/** The file of the program. */
export const PROGRAM = path.join(import.meta.dirname, "../../../pkg/dist/cli/main.js");

export interface Ended {
  /** Null if a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A process of the program. */
export class CliProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";

  constructor(args: readonly string[], { env = {}, cwd }: { env?: Record<string, string>; cwd?: string } = {}) {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd,
      // Neither colours nor an agreement that the tests' own environment has.
      env: { ...process.env, FORCE_COLOR: "0", NO_COLOR: "1", DEBUG: "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.stdout.on("data", (chunk: Buffer) => (this.#stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** Runs the program to its end. */
export function cli(...args: string[]): Promise<Ended> {
  return new CliProcess(args).ended;
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A server of the program that answers. */
export interface Served {
  url: string;
  process: CliProcess;
}

/** Starts a server on a free port. */
export async function startServer(...args: string[]): Promise<Served> {
  const server = new CliProcess(["run", "--port", "0", ...args]);
  await until(() => server.stdout.endsWith("\n") || !server.isRunning);
  const url = /http:[^\s,]+/.exec(server.stdout)?.[0];
  if (url === undefined) {
    throw new Error(`the server did not start: ${JSON.stringify(await server.ended)}`);
  }
  return { url, process: server };
}

/** Runs with a server, which is ended then. */
export async function withServer<T>(args: string[], run: (server: Served) => Promise<T>): Promise<T> {
  const server = await startServer(...args);
  try {
    return await run(server);
  } finally {
    server.process.signal("SIGKILL");
    await server.process.ended;
  }
}

/** Requests of Chroma's API, bodies and answers as text: numbers stay as they are written. */
export type Api = (method: string, path: string, body?: string) => Promise<string>;

/** The API of a server. */
export function apiOf(url: string): Api {
  return async (method, route, body) => {
    const response = await fetch(`${url}/api/v2${route}`, { method, body, headers: { "content-type": "application/json" } });
    return checked(response.status, await response.text());
  };
}

/** Runs with the API of the store in a directory, which is open in this process meanwhile. */
export async function withStore<T>(directory: string, run: (api: Api) => Promise<T>): Promise<T> {
  const handler = createHandler({ storage: new NodeDirectory(directory), insecure: true });
  try {
    return await run(async (method, route, body) => {
      const headers = { "content-type": "application/json" };
      const response = await handler(new Request(`http://localhost/api/v2${route}`, { method, body, headers }));
      return checked(response.status, await response.text());
    });
  } finally {
    await handler.close();
  }
}

function checked(status: number, text: string): string {
  if (status >= 300) {
    throw new Error(`${String(status)} ${text}`);
  }
  return text;
}

/** Path of the collections of a database. */
export function collectionsPath(database = "default_database", tenant = "default_tenant"): string {
  return `/tenants/${tenant}/databases/${database}/collections`;
}

/** Creates a collection; answers the path of its records. */
export async function createCollection(api: Api, body: string, database?: string): Promise<string> {
  const { id } = JSON.parse(await api("POST", collectionsPath(database), body)) as { id: string };
  return `${collectionsPath(database)}/${id}`;
}

/** All that there is to know about a collection but its id, as text. */
export async function contentOf(api: Api, name: string, database?: string): Promise<{ about: object; records: string }> {
  const text = await api("GET", `${collectionsPath(database)}/${name}`);
  const { id, metadata, configuration_json, schema, dimension } = JSON.parse(text) as Record<string, unknown>;
  const body = JSON.stringify({ include: ["embeddings", "documents", "metadatas", "uris"] });
  const records = await api("POST", `${collectionsPath(database)}/${String(id)}/get`, body);
  return { about: { metadata, configuration_json, schema, dimension }, records };
}
