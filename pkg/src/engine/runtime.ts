/** An engine runtime made from the glue of a wasm module and the places where its modules are had. */

import type { Awaitable } from "../storage/adapter.js";
import type { Encryption } from "./encryption.js";
import { type Engine, type EngineMethod, type EngineOptions, interceptEngine, invoke } from "./engine.js";
import { EngineError } from "./errors.js";
import type { EngineRuntime } from "./fallback.js";
import { PatternModule, usesPatterns } from "./patterns.js";

/** The parts of a runtime: generated glue, and where its modules come from on a platform. */
export interface RuntimeParts {
  /** Instantiates the engine's module, the given one if there is one. Called once, and again after a failure. */
  instantiate(given?: WebAssembly.Module): Awaitable<InstanceExports>;
  /** The class that the glue exports. */
  Engine: EngineClass;
  /** The module of regular expressions. Called likewise, when a filter first has one. */
  patterns(): Awaitable<BufferSource | WebAssembly.Module>;
}

interface InstanceExports {
  readonly memory: WebAssembly.Memory;
}

export interface EngineClass {
  open(options: object): Promise<unknown>;
  destroy(storage: string, name: string): Promise<void>;
  providePatterns(module: object): void;
}

/** The engine of the module: methods that it does not export it takes by their names. */
interface Extensible extends Engine {
  extend(method: EngineMethod, args: unknown[]): Promise<unknown>;
  /** The same store, for one write on behalf of a client. */
  onBehalf(client: string, number: number, acknowledged: number): Extensible;
  free(): void;
}

/** A runtime whose modules are loaded on first use. */
export function runtimeOf(parts: RuntimeParts): EngineRuntime {
  const { Engine: WasmEngine } = parts;
  const engine = once(async (given?: WebAssembly.Module) => {
    try {
      return await parts.instantiate(given);
    } catch (error) {
      throw unavailable("the engine", error);
    }
  });
  const patterns = once(async (memory: WebAssembly.Memory) => {
    try {
      WasmEngine.providePatterns(await PatternModule.load(await parts.patterns(), memory));
    } catch (error) {
      throw unavailable("regular expressions", error);
    }
  });
  let given: WebAssembly.Module | undefined;
  return {
    provide(module: WebAssembly.Module): void {
      given = module;
    },
    async open(options: EngineOptions): Promise<Engine> {
      const { memory } = await engine(given);
      const { encryption, ...rest } = options;
      const lock = encryption && (await lockFor(encryption));
      const store = (await WasmEngine.open({ ...rest, lock })) as Extensible;
      const call = async (to: Extensible, method: EngineMethod, args: readonly unknown[]): Promise<unknown> => {
        if (usesPatterns(method, args)) {
          await patterns(memory);
        }
        return method in to ? invoke(to, method, args) : to.extend(method, [...args]);
      };
      return interceptEngine((method, args) =>
        method === "once" ? callOnce(store, call, args as Parameters<Engine["once"]>) : call(store, method, args),
      );
    },
    async destroy(storage: "opfs" | "indexeddb", name: string): Promise<void> {
      await engine(given);
      await WasmEngine.destroy(storage, name);
    },
  };
}

/** A module could not be loaded, or the platform does not take it: one without SIMD, say, or with a policy against WebAssembly. */
export function unavailable(what: string, cause: unknown): EngineError {
  const message = `${what} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new EngineError({ name: "ModuleUnavailableError", message, code: 503, retryable: true }, { cause });
}

async function callOnce(
  store: Extensible,
  call: (to: Extensible, method: EngineMethod, args: readonly unknown[]) => Promise<unknown>,
  [{ client, number, acknowledged }, method, args]: Parameters<Engine["once"]>,
): Promise<unknown> {
  const view = store.onBehalf(client, number, acknowledged);
  try {
    return await call(view, method, args);
  } finally {
    view.free();
  }
}

/** Calls `make` once, and again only after it failed (offline before the first load, say). */
function once<A extends unknown[], T>(make: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  let made: Promise<T> | undefined;
  return (...args) =>
    (made ??= make(...args).catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}

/** Loaded by those who encrypt. */
async function lockFor(encryption: Encryption): Promise<unknown> {
  const { checkEncryption, StoreLock } = await import("./encryption.js");
  checkEncryption(encryption);
  return new StoreLock(encryption);
}
