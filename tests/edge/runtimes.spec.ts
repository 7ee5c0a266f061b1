/** The examples for Node, Bun and Deno: Chroma's HTTP API from files, used by the official client, killed, and used again. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { expect, test } from "@playwright/test";
import { ChromaClient } from "chromadb";

import { ensureRuntimes } from "../../scripts/setup/npm.mjs";

const ROOT = path.join(import.meta.dirname, "../..");
const PROGRAMS = path.join(import.meta.dirname, "runtimes/node_modules/.bin");

/** As the examples start themselves. */
const COMMANDS = {
  node: ["node", "server.js"],
  bun: ["bun", "server.ts"],
  deno: ["deno", "run", "--allow-net", "--allow-env=CHROMA_PATH,PORT,TOKEN", "--allow-read", "--allow-write", "--allow-sys", "server.ts"],
};

test.beforeAll(async () => {
  test.setTimeout(240_000);
  await ensureRuntimes();
});

/** Starts an example on a directory, on a free port. */
async function start(runtime: keyof typeof COMMANDS, directory: string, more: Record<string, string> = {}) {
  const [program = "", ...args] = COMMANDS[runtime];
  const child = spawn(runtime === "node" ? process.execPath : path.join(PROGRAMS, program), args, {
    cwd: path.join(ROOT, "examples", runtime),
    env: { ...process.env, NO_COLOR: "1", CHROMA_PATH: directory, PORT: "0", ...more },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit") as Promise<[code: number | null, signal: string | null]>;
  let url: URL | undefined;
  for await (const line of createInterface(child.stdout)) {
    const [, told] = /^chromatid serves (http\S+)$/.exec(line) ?? [];
    if (told !== undefined) {
      url = new URL(told);
      break;
    }
  }
  if (!url) {
    const [code, signal] = await ended;
    throw new Error(`${runtime} did not start: it ended with ${signal ?? `code ${code}`}`);
  }
  const place = { host: "127.0.0.1", port: Number(url.port) };
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  return { place, end };
}

for (const runtime of ["node", "bun", "deno"] as const) {
  test(`${runtime} serves the official client from files, which survive its end`, async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "chromatid-runtime-"));
    try {
      const first = await start(runtime, directory);
      const made = await new ChromaClient(first.place).createCollection({ name: "things", embeddingFunction: null });
      const ids = Array.from({ length: 2000 }, (_, n) => `r${n}`);
      await made.add({
        ids,
        embeddings: ids.map((_, n) => [Math.cos(n), Math.sin(n), n / 2000]),
        documents: ids.map((id) => `text of ${id}`),
        metadatas: ids.map((_, n) => ({ odd: n % 2 === 1, n })),
      });
      await made.delete({ ids: ["r0"] });
      await first.end("SIGKILL");

      const second = await start(runtime, directory);
      const found = await new ChromaClient(second.place).getCollection({ name: "things" });
      expect(await found.count()).toBe(1999);
      const { ids: nearest, documents } = await found.query({
        queryEmbeddings: [[Math.cos(7), Math.sin(7), 7 / 2000]], nResults: 1, where: { odd: true }, whereDocument: { $contains: "of r" },
      });
      expect([nearest, documents]).toEqual([[["r7"]], [["text of r7"]]]);
      expect(await second.end("SIGTERM")).toEqual([0, null]);

      const guarded = await start(runtime, directory, { TOKEN: "secret" });
      await expect(new ChromaClient(guarded.place).listCollections()).rejects.toThrow("Unauthorized");
      expect(await new ChromaClient({ ...guarded.place, headers: { "x-chroma-token": "secret" } }).countCollections()).toBe(1);
      expect(await guarded.end("SIGINT")).toEqual([0, null]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

test("a program searches in its process, and finds what it had stored when it runs again", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "chromatid-runtime-"));
  try {
    const run = () =>
      execFileSync(process.execPath, ["search.js"], { cwd: path.join(ROOT, "examples/node"), env: { ...process.env, CHROMA_PATH: directory }, encoding: "utf8" });
    expect(run()).toBe("0 before, nearest: red, green (the colour of blood)\nin memory: blue\n");
    expect(run()).toMatch(/^3 before, nearest: red, green/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
