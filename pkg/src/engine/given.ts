/** Modules and workers that the caller gives, in whatever form it has them. */

import type { Awaitable } from "../storage/adapter.js";
import type { Connector } from "./connection.js";
import { EngineError } from "./errors.js";
import { readModule } from "./module.js";
import { type PageParts, pageConnector } from "./open.js";
import { unavailable } from "./runtime.js";

/** A compiled module, the bytes of one, an answer that has them, or where they are. */
export type ModuleSource = WebAssembly.Module | BufferSource | Response | URL | string;

/** Where the engine comes from. Functions are called when something is needed first, and again after they failed. */
export interface GivenModules {
  /** `chromatid/wasm`. */
  engine: ModuleSource | (() => Awaitable<ModuleSource>);
  /** `chromatid/patterns.wasm`, which filters with regular expressions need. Without it they are refused. */
  patterns?: ModuleSource | (() => Awaitable<ModuleSource>);
}

/** What a worker asks its page for, and what it is answered. */
export interface PatternsAsked {
  needs: "patterns";
}
export type PatternsGiven = { patterns: WebAssembly.Module } | { patterns?: undefined; reason: string };

/** Opens stores with what is given: in workers if there is a way to start them, else in this thread. */
export function givenConnector(modules: GivenModules, worker?: PageParts["worker"]): Connector {
  const engine = compiled(modules.engine);
  const patterns = compiled(modules.patterns ?? missingPatterns);
  const connector = pageConnector({
    worker: worker && (async () => {
      const start = await worker();
      return () => supply(start(), patterns);
    }),
    module: () => engine().catch((error: unknown) => {
      throw unavailable("the engine", error);
    }),
    async inPlace() {
      const [{ inProcess }, { runtimeOfModules }] = await Promise.all([import("./in-process.js"), import("./glue.js")]);
      return inProcess(runtimeOfModules(modules.engine instanceof WebAssembly.Module ? modules.engine : engine, patterns));
    },
  });
  return {
    ...connector,
    connect(request, onLost) {
      const own = request.worker;
      return connector.connect(typeof own === "object" ? { ...request, worker: supply(own, patterns) } : request, onLost);
    },
  };
}

/** Gives a worker the module that it asks for. */
function supply(worker: Worker, patterns: () => Promise<WebAssembly.Module>): Worker {
  worker.addEventListener("message", ({ data }: MessageEvent<Partial<PatternsAsked> | null>) => {
    if (data?.needs === "patterns") {
      patterns().then(
        (module) => worker.postMessage({ patterns: module } satisfies PatternsGiven),
        (error: unknown) => worker.postMessage({ reason: error instanceof Error ? error.message : String(error) } satisfies PatternsGiven),
      );
    }
  });
  return worker;
}

function missingPatterns(): never {
  throw new Error("`setup` was given no `patterns`");
}

/** Compiles a source once, and again only after that failed. */
function compiled(source: ModuleSource | (() => Awaitable<ModuleSource>)): () => Promise<WebAssembly.Module> {
  let module: Promise<WebAssembly.Module> | undefined;
  return () =>
    (module ??= compile(source).catch((error: unknown) => {
      module = undefined;
      throw error;
    }));
}

async function compile(source: ModuleSource | (() => Awaitable<ModuleSource>)): Promise<WebAssembly.Module> {
  const given = typeof source === "function" ? await (source as () => Awaitable<ModuleSource>)() : source;
  if (given instanceof WebAssembly.Module) {
    return given;
  }
  if (typeof given === "string" || given instanceof URL) {
    const { document, location } = globalThis as { document?: Document; location?: Location };
    const url = new URL(given, document?.baseURI ?? location?.href);
    return compile((await readModule(url)) ?? (await fetch(url)));
  }
  if (!(given instanceof Response)) {
    return WebAssembly.compile(given);
  }
  if (!given.ok) {
    throw new Error(`${given.url} answered ${String(given.status)}`);
  }
  // Streams are compiled under their own type alone, which not every host knows.
  const isNamed = given.headers.get("content-type") === "application/wasm";
  return isNamed ? WebAssembly.compileStreaming(given) : WebAssembly.compile(await given.arrayBuffer());
}

/** The connector as long as nothing was given. */
export const nothingGiven: Connector = {
  connect: () => Promise.reject(notSetUp()),
  destroy: () => Promise.reject(notSetUp()),
};

function notSetUp(): EngineError {
  const message = "`chromatid/slim` loads nothing by itself: call `setup` with the engine's module before a store is opened";
  return new EngineError({ name: "ModuleUnavailableError", message, code: 503, retryable: true });
}
