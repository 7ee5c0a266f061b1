/** An open store in this context: its own, or one that it shares with others of its origin. */

import { attend, type CareReport } from "./caretaker.js";
import type { EngineMethod, StorageKind } from "./engine.js";
import { EngineError, STORAGE_LOCKED } from "./errors.js";
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

/** How long opening a store takes at most, in milliseconds from when the caller asked: some storages never answer. */
const ANSWER_MS = 10_000;

/** What of it a storage has in any case, however long the engine took to start, say over a slow network. */
const LEAST_ANSWER_MS = 5000;

/** Opens a store: alone, or with whoever has it open already, where the platform lets contexts share. */
export async function holdStore(runtime: EngineRuntime, request: OpenRequest): Promise<Held> {
  const left = deadline(request.begun);
  const storage = await sharedStorage(request, left());
  const platform = storage && (await sharingPlatform());
  return platform
    ? shareStore(runtime, platform, `${storage}/${request.name}`, request, left())
    : openAlone(runtime, request, left());
}

/** Tells how many milliseconds an opening has left. Clocks that were set meanwhile cost it half of them at most. */
function deadline(begun = Date.now()): () => number {
  const now = Date.now();
  const ends = now + Math.min(ANSWER_MS, Math.max(LEAST_ANSWER_MS, begun + ANSWER_MS - now));
  return () => Math.max(0, ends - Date.now());
}

/** Opens a store together with others that know it by `name`, within so many milliseconds. */
export async function shareStore(
  runtime: EngineRuntime,
  platform: Platform,
  name: string,
  request: OpenRequest,
  within?: number,
): Promise<Held> {
  const shared = new SharedStore(runtime, platform, name, request);
  const { storage, fallbacks } = await shared.open(within);
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

async function openAlone(runtime: EngineRuntime, request: OpenRequest, within: number): Promise<Held> {
  const opening = openWithFallback(runtime, request);
  // Files under Node may take as long as they take.
  const isGiven = typeof request.storage === "object";
  const { engine, storage, fallbacks } = await (isGiven ? opening : inTime(opening, within, ({ engine }) => engine.close()));
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
async function sharedStorage({ storage }: OpenRequest, within: number): Promise<StorageKind | undefined> {
  if (storage === "auto") {
    const [best, second] = AUTO;
    return (await inTime(hasOpfs(), within)) ? best : second;
  }
  return storage === "opfs" || storage === "indexeddb" ? storage : undefined;
}

/** What `opening` comes to, within so many milliseconds, in which every storage that works has answered; what comes later is let go of. */
async function inTime<T>(opening: Promise<T>, within: number, letGo: (late: T) => unknown = () => undefined): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      opening.then(letGo).catch(() => undefined);
      const message = "the storage does not answer: reload the page, or close other tabs of it";
      reject(new EngineError({ name: STORAGE_LOCKED, message, code: 500, retryable: true }));
    }, within);
  });
  try {
    return await Promise.race([opening, silence]);
  } finally {
    clearTimeout(timer);
  }
}
