/** Which storage a store is opened on. */

import { isDirectory, type StorageDirectory } from "../storage/directory.js";
import { describeError, STORAGE_UNSUPPORTED } from "./errors.js";
import type { StorageAdapter } from "../storage/adapter.js";
import type { Engine, EngineOptions, Housekeeping, StorageKind } from "./engine.js";
import type { SharedOptions } from "./options.js";

/** What a caller may ask for. */
export type StorageChoice = StorageKind | "auto" | StorageDirectory | StorageAdapter;

/** A storage that was tried and is not to be had here. */
export interface Fallback {
  storage: StorageKind;
  reason: string;
}

/** Arguments of opening a store; complete, unlike what a user writes. */
export interface OpenRequest extends Omit<EngineOptions, "storage"> {
  storage: StorageChoice;
  /** Default `idle`. */
  housekeeping?: Housekeeping;
  /** When the caller asked, as `Date.now()` says it: a worker hears of it only when it has started. Default: now. */
  begun?: number;
  /** What the caller has chosen of the options that all users of a store have in common; the others may be as the store has them. */
  asked?: SharedOptions;
}

/** The means to open and to remove stores: the wasm module, or what stands for it in a test. */
export interface EngineRuntime {
  /** Takes the compiled wasm module, so that it need not be loaded. */
  provide?(module: WebAssembly.Module): void;
  open(options: EngineOptions): Promise<Engine>;
  destroy(storage: "opfs" | "indexeddb", name: string): Promise<void>;
}

/** A store that was opened, on `storage`, after the listed others were not to be had. */
export interface Opened {
  engine: Engine;
  storage: StorageKind | "files" | "adapter";
  fallbacks: Fallback[];
}

/** In the order of preference: fastest first, and only the last forgets. */
export const AUTO = ["opfs", "indexeddb", "memory"] as const satisfies readonly StorageKind[];

/**
 * Opens a store. `auto` moves on only from a storage that does not exist here: a store that is locked
 * or damaged is reported, because the next storage would show an empty database instead.
 */
export async function openWithFallback(runtime: EngineRuntime, request: OpenRequest): Promise<Opened> {
  if (request.storage !== "auto") {
    const { storage } = request;
    const engine = await runtime.open({ ...request, storage });
    return { engine, storage: typeof storage === "object" ? givenKind(storage) : storage, fallbacks: [] };
  }
  const fallbacks: Fallback[] = [];
  let last: unknown;
  for (const storage of AUTO) {
    try {
      return { engine: await runtime.open({ ...request, storage }), storage, fallbacks };
    } catch (error) {
      const { name, message } = describeError(error);
      if (name !== STORAGE_UNSUPPORTED) {
        throw error;
      }
      fallbacks.push({ storage, reason: message });
      last = error;
    }
  }
  throw last;
}

/** What a storage of the caller's is called. */
function givenKind(storage: object): "files" | "adapter" {
  return isDirectory(storage) ? "files" : "adapter";
}

/** Removes a store from every storage that exists here; it must not be open. */
export async function destroyEverywhere(
  destroy: (storage: "opfs" | "indexeddb", name: string) => Promise<unknown>,
  name: string,
): Promise<void> {
  for (const storage of ["opfs", "indexeddb"] as const) {
    try {
      await destroy(storage, name);
    } catch (error) {
      if (describeError(error).name !== STORAGE_UNSUPPORTED) {
        throw error;
      }
    }
  }
}
