/** The fixtures of the tests in workerd: a Worker of `worker/`, run by Miniflare. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test as base } from "@playwright/test";
import { Miniflare } from "miniflare";

import { bundle, type Script } from "./support/bundle.mjs";

export { expect };

/** The Workers of `worker/`. */
export type WorkerName = "stores" | "conformance" | "server" | "open" | "documented";

/** A Worker that runs. */
export interface Edge {
  /** What the Worker answers to a request with this body, as JSON. Throws with what it answers if that is an error. */
  ask(target: string, body?: unknown): Promise<unknown>;
  /** Answers a request to any URL, whatever its host. */
  fetch(url: string, init?: { method: string }): Promise<{ status: number }>;
  /** Where it listens. */
  url(): Promise<URL>;
  /** Ends the process that it runs in. */
  stop(): Promise<void>;
}

interface TestFixtures {
  /** Starts a Worker with texts that it is given. Within a test each start finds what the one before has left on the disk. */
  start: (name: WorkerName, bindings?: Record<string, string>) => Promise<Edge>;
}

interface WorkerFixtures {
  script: (name: WorkerName) => Promise<Script>;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  script: [
    async ({}, use, { parallelIndex }) => {
      const scripts = new Map<WorkerName, Promise<Script>>();
      await use((name) => {
        const directory = path.join(import.meta.dirname, "../../target/edge", `${name}-${parallelIndex}`);
        const script = scripts.get(name) ?? bundle(`worker/${name}.ts`, directory);
        scripts.set(name, script);
        return script;
      });
    },
    { scope: "worker" },
  ],

  start: async ({ script }, use) => {
    const disk = mkdtempSync(path.join(tmpdir(), "chromatid-edge-"));
    const running = new Set<Edge>();
    await use(async (name, bindings = {}) => {
      const edge = run(await script(name), disk, bindings);
      running.add(edge);
      return edge;
    });
    await Promise.all([...running].map((edge) => edge.stop()));
    rmSync(disk, { recursive: true, force: true });
  },
});

function run({ directory, modules }: Script, disk: string, bindings: Record<string, string>): Edge {
  const miniflare = new Miniflare({
    cf: false,
    host: "127.0.0.1",
    port: 0,
    compatibilityDate: "2026-04-01",
    modulesRoot: directory,
    modules,
    bindings,
    durableObjects: { STORES: { className: "Store", useSQLite: true } },
    r2Buckets: ["BUCKET"],
    durableObjectsPersist: path.join(disk, "objects"),
    r2Persist: path.join(disk, "bucket"),
  });
  let stopping: Promise<void> | undefined;
  return {
    async ask(target, body) {
      const init = { method: "POST", body: JSON.stringify(body ?? null) };
      const response = await miniflare.dispatchFetch(`http://edge/${target}`, init);
      const text = await response.text();
      if (!response.ok) {
        throw new Error(text);
      }
      return JSON.parse(text) as unknown;
    },
    fetch: (url, init) => miniflare.dispatchFetch(url, init),
    url: () => miniflare.ready,
    stop: () => (stopping ??= miniflare.dispose()),
  };
}
