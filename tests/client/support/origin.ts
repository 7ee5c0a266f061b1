/**
 * An origin that exists only in a test: its contexts, their locks, channels and clocks, and one device with a store. Everything happens in an order that
 * a seed decides; time is what the test makes of it. Contexts can be killed, frozen and thawed at any moment.
 */

import type { Engine, EngineMethod } from "../../../pkg/src/engine/engine.js";
import { interceptEngine } from "../../../pkg/src/engine/engine.js";
import type { EngineRuntime } from "../../../pkg/src/engine/fallback.js";
import type { RequestStamp } from "../../../pkg/src/engine/requests.js";
import type { Channel, Locks, Platform } from "../../../pkg/src/engine/sharing/platform.js";
import { engineError } from "./engine.js";
import { seededRandom } from "./random.js";

interface Event {
  at: number;
  order: number;
  context: Context | undefined;
  run: () => void;
}

interface LockRequest {
  context: Context;
  callback: (lock: unknown) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  isGone: boolean;
}

/** A line of the device's log. */
export interface Entry {
  client: string;
  number: number;
  id: string;
}

interface Handle {
  isOpen: boolean;
  /** Its storage has failed: it has to be opened again. */
  isBroken: boolean;
  /** Exports and imports under way, by their numbers, with the pieces that they have had. Each engine counts from 1. */
  begun: Map<number, number>;
  numbers: number;
  context: Context;
}

/** How stores are protected: by handles that are exclusive, or by a token that the last opener has put there. */
export type Fence = "handles" | "token";

export class Origin {
  now = 0;
  readonly random: () => number;
  readonly fence: Fence;
  readonly log: Entry[] = [];
  /** Who may write. With handles, nobody else can open meanwhile. */
  owner: Handle | undefined;
  /** Until when the handles of an owner that was killed are still held. */
  heldUntil = 0;
  /** Ids whose writing stops the engine. */
  readonly poison = new Set<string>();
  /** Ids whose writing makes the storage fail, once each. */
  readonly faults = new Set<string>();
  readonly #events: Event[] = [];
  readonly #locks = new Map<string, { held: LockRequest | undefined; queue: LockRequest[] }>();
  readonly #channels = new Set<SimChannel>();
  #order = 0;

  constructor(seed: number, fence: Fence) {
    this.random = seededRandom(seed);
    this.fence = fence;
  }

  context(): Context {
    return new Context(this);
  }

  later(delay: number, context: Context | undefined, run: () => void): () => void {
    const event = { at: this.now + delay, order: this.#order++, context, run };
    this.#events.push(event);
    return () => {
      event.run = () => undefined;
    };
  }

  /** Lets things happen until `isOver` or until nothing does any more. False if `limit` milliseconds of the origin's time were not enough. */
  async until(isOver: () => boolean, limit: number): Promise<boolean> {
    const end = this.now + limit;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver()) {
        return true;
      }
      const next = this.#next(end);
      if (!next) {
        this.now = end;
        return isOver();
      }
      this.now = Math.max(this.now, next.at);
      next.run();
    }
  }

  /** Takes the next event that is due until `end`. */
  #next(end: number): Event | undefined {
    let found = -1;
    this.#events.forEach((event, place) => {
      const best = this.#events[found];
      if (event.at <= end && !event.context?.frozen && (!best || event.at < best.at || (event.at === best.at && event.order < best.order))) {
        found = place;
      }
    });
    return found < 0 ? undefined : this.#events.splice(found, 1)[0];
  }

  lock(name: string): { held: LockRequest | undefined; queue: LockRequest[] } {
    let lock = this.#locks.get(name);
    if (!lock) {
      lock = { held: undefined, queue: [] };
      this.#locks.set(name, lock);
    }
    return lock;
  }

  grant(name: string): void {
    const lock = this.lock(name);
    lock.queue = lock.queue.filter(({ isGone }) => !isGone);
    if (lock.held) {
      return;
    }
    const next = lock.queue.shift();
    if (next) {
      lock.held = next;
      this.later(this.random(), next.context, () => void this.hold(name, next));
    }
  }

  async hold(name: string, request: LockRequest): Promise<void> {
    if (request.isGone) {
      this.release(name, request);
      return;
    }
    try {
      request.resolve(await request.callback({ name }));
    } catch (error) {
      request.reject(error);
    }
    this.release(name, request);
  }

  release(name: string, request: LockRequest): void {
    const lock = this.lock(name);
    if (lock.held === request) {
      lock.held = undefined;
      this.grant(name);
    }
  }

  forEachLock(visit: (name: string, lock: { held: LockRequest | undefined; queue: LockRequest[] }) => void): void {
    this.#locks.forEach((lock, name) => visit(name, lock));
  }

  open(channel: SimChannel): void {
    this.#channels.add(channel);
  }

  shut(channel: SimChannel): void {
    this.#channels.delete(channel);
  }

  post(from: SimChannel, message: unknown): void {
    for (const channel of this.#channels) {
      if (channel !== from && channel.name === from.name) {
        const data: unknown = structuredClone(message);
        // Messages between the same two never overtake each other.
        const at = Math.max(this.now + this.random() * 3, from.last.get(channel) ?? 0);
        from.last.set(channel, at);
        this.later(at - this.now, channel.context, () => {
          if (this.#channels.has(channel)) {
            channel.onmessage?.({ data } as MessageEvent);
          }
        });
      }
    }
  }
}

class SimChannel implements Channel {
  onmessage: ((event: MessageEvent) => void) | null = null;
  readonly last = new Map<SimChannel, number>();
  #isClosed = false;

  constructor(
    readonly context: Context,
    readonly name: string,
  ) {
    context.origin.open(this);
  }

  postMessage(message: unknown): void {
    if (this.#isClosed) {
      throw new DOMException("Channel is closed", "InvalidStateError");
    }
    if (this.context.alive) {
      this.context.origin.post(this, message);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.context.origin.shut(this);
  }

  /** The context is gone, and whoever still runs in it in this process is not to notice. */
  cut(): void {
    this.context.origin.shut(this);
  }
}

/** A tab, or a worker: it lives until it is killed. */
export class Context {
  alive = true;
  frozen = false;
  readonly #channels: SimChannel[] = [];

  constructor(readonly origin: Origin) {}

  readonly platform: Platform = {
    locks: { request: (name: string, options: LockOptions, callback: (lock: unknown) => unknown) => this.#request(name, options, callback) } as Locks,
    channel: (name) => {
      const channel = new SimChannel(this, name);
      this.#channels.push(channel);
      return channel;
    },
    now: () => this.origin.now,
    after: (milliseconds, callback) => this.origin.later(milliseconds, this, () => (this.alive ? callback() : undefined)),
  };

  /** The process of the context ends, in the middle of whatever it does. Its locks are free after a while, its handles after another. */
  kill(): void {
    this.alive = false;
    this.#channels.forEach((channel) => channel.cut());
    const { origin } = this;
    if (origin.owner?.context === this) {
      origin.heldUntil = origin.now + origin.random() * 1500;
    }
    origin.later(origin.random() * 1000, undefined, () => {
      origin.forEachLock((name, lock) => {
        lock.queue.filter(({ context }) => context === this).forEach((request) => (request.isGone = true));
        if (lock.held?.context === this) {
          lock.held = undefined;
        }
        origin.grant(name);
      });
    });
  }

  #request(name: string, options: LockOptions, callback: (lock: unknown) => unknown): Promise<unknown> {
    const { origin } = this;
    const lock = origin.lock(name);
    return new Promise((resolve, reject) => {
      const request: LockRequest = { context: this, callback, resolve, reject, isGone: false };
      const aborted = (): Error => new DOMException("aborted", "AbortError");
      if (options.signal?.aborted) {
        reject(aborted());
        return;
      }
      if (options.ifAvailable && (lock.held || lock.queue.length > 0)) {
        origin.later(origin.random(), this, () => resolve(callback(null)));
        return;
      }
      if (options.steal) {
        lock.held?.reject(aborted());
        lock.held = request;
        origin.later(origin.random(), this, () => void origin.hold(name, request));
        return;
      }
      options.signal?.addEventListener("abort", () => {
        if (lock.held !== request) {
          request.isGone = true;
          reject(aborted());
        }
      });
      lock.queue.push(request);
      origin.grant(name);
    });
  }

  /** Opens stores on the origin's device. */
  readonly runtime: EngineRuntime = {
    open: () => this.#open(),
    destroy: () => Promise.resolve(),
  };

  /** Waits a little, and for ever once the context is dead. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.origin.later(milliseconds, this, () => (this.alive ? resolve() : undefined)));
  }

  async #open(): Promise<Engine> {
    const { origin } = this;
    const deadline = origin.now + 10_000;
    await this.#pause(origin.random() * 20);
    while (origin.fence === "handles" && (origin.owner?.context.alive || origin.now < origin.heldUntil)) {
      if (origin.now > deadline) {
        throw engineError("StorageLockedError", 500, "the store is in use", true);
      }
      await this.#pause(50);
    }
    const handle: Handle = { isOpen: true, isBroken: false, begun: new Map(), numbers: 0, context: this };
    origin.owner = handle;
    await this.#pause(origin.random() * 30);
    return this.#engine(handle);
  }

  #engine(handle: Handle): Engine {
    const { origin } = this;
    const check = (): void => {
      if (!handle.isOpen) {
        // Only what was under way gets that far.
        throw engineError("StorageError", 500, "the store is closed");
      }
      if (handle.isBroken) {
        throw engineError("ChromaError", 503, "the store stopped after a failed write: open it again");
      }
      if (origin.owner !== handle) {
        throw engineError("StorageLockedError", 500, "another tab has opened the store", true);
      }
    };
    const write = async ({ client, number }: RequestStamp, id: string): Promise<void> => {
      await this.#pause(origin.random() * 10);
      check();
      if (origin.poison.has(id)) {
        // Whoever has started the worker ends it.
        origin.later(5, undefined, () => this.kill());
        throw new WebAssembly.RuntimeError("unreachable");
      }
      if (origin.faults.delete(id)) {
        handle.isBroken = true;
        throw engineError("StorageError", 500, "writing a file failed");
      }
      origin.log.push({ client, number, id });
      await this.#pause(origin.random() * 10);
    };
    return interceptEngine(async (method: EngineMethod, args: readonly unknown[]) => {
      switch (method) {
        case "once": {
          const [stamp, , [, , , { ids }]] = args as [RequestStamp, string, [string, string, string, { ids: [string] }]];
          return write(stamp, ids[0]);
        }
        case "applied": {
          const [client, number] = args;
          const sequence = origin.log.findIndex((entry) => entry.client === client && entry.number === number);
          return sequence < 0 ? null : { sequence, operations: 1 };
        }
        case "count":
          await this.#pause(origin.random() * 5);
          check();
          return origin.log.length;
        case "beginExport":
        case "beginImport":
          await this.#pause(origin.random() * 5);
          check();
          handle.begun.set(++handle.numbers, 0);
          return handle.numbers;
        case "nextExport":
        case "pushImport": {
          const [number] = args as [number];
          const piece = (handle.begun.get(number) ?? NaN) + 1;
          handle.begun.set(number, piece);
          await this.#pause(origin.random() * 20);
          check();
          return piece;
        }
        case "endExport":
        case "endImport":
          check();
          return handle.begun.delete(args[0] as number);
        case "watch":
          return 1 + Math.floor(origin.random() * 3);
        case "close":
          await this.#pause(origin.random() * 10);
          handle.isOpen = false;
          if (origin.owner === handle) {
            origin.owner = undefined;
          }
          return undefined;
        default:
          return undefined;
      }
    });
  }
}
