/** An open store in this context: its own, or one that it shares with others of its origin. */

import { attend, type CareReport } from "./caretaker.js";
import type { EngineMethod, StorageKind } from "./engine.js";
import { AUTO, type EngineRuntime, type Fallback, type Opened, type OpenRequest, openWithFallback } from "./fallback.js";
import { Once } from "./once.js";
import type { RequestStamp } from "./requests.js";
import { hasOpfs, type Platform, sharingPlatform } from "./sharing/platform.js";
import { SharedStore } from "./sharing/shared-store.js";

export interface Held {
  storage: Opened["storage"];
  fallbacks: readonly Fallback[];
  call(method: EngineMethod, args: readonly unknown[], stamp?: RequestStamp): Promise<unknown>;
  care(): Promise<CareReport>;
  /** What happens to its page: it is about to be frozen, goes on, can be seen no more, or again. Who shares a store must not keep others waiting. */
  suspend?(): void;
  resume?(): void;
  hide?(): void;
  show?(): void;
}

/** Opens a store: alone, or with whoever has it open already, where the platform lets contexts share. */
export async function holdStore(runtime: EngineRuntime, request: OpenRequest): Promise<Held> {
  const storage = await sharedStorage(request);
  const platform = storage && sharingPlatform();
  return platform ? shareStore(runtime, platform, `${storage}/${request.name}`, request) : openAlone(runtime, request);
}

/** Opens a store together with others that know it by `name`. */
export async function shareStore(
  runtime: EngineRuntime,
  platform: Platform,
  name: string,
  request: OpenRequest,
): Promise<Held> {
  const shared = new SharedStore(runtime, platform, name, request);
  const { storage, fallbacks } = await shared.open();
  return {
    storage,
    fallbacks,
    call: (method, args, stamp) => (method === "close" ? shared.candidate.close() : shared.call(method, args, stamp)),
    care: () => shared.care(),
    suspend: () => shared.candidate.suspend(),
    resume: () => shared.candidate.resume(),
    hide: () => shared.candidate.hide(),
    show: () => shared.candidate.show(),
  };
}

async function openAlone(runtime: EngineRuntime, request: OpenRequest): Promise<Held> {
  const { engine, storage, fallbacks } = await openWithFallback(runtime, request);
  const attended = attend(engine, request);
  const once = new Once(attended);
  return {
    storage,
    fallbacks,
    call: (method, args, stamp) => once.run(method, args, stamp),
    care: () => Promise.resolve(attended.care()),
  };
}

/** The storage that others may have open too; `undefined` for one that is this context's alone: memory, or one that the caller has given. */
async function sharedStorage({ storage }: OpenRequest): Promise<StorageKind | undefined> {
  if (storage === "auto") {
    const [best, second] = AUTO;
    return (await hasOpfs()) ? best : second;
  }
  return storage === "opfs" || storage === "indexeddb" ? storage : undefined;
}
