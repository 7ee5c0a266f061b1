/** A follower's side of the line to its leader. */

import type { EngineMethod } from "../engine.js";
import { connectionLost } from "../errors.js";
import type { RequestStamp } from "../requests.js";
import { type Endpoint, RpcClient } from "../rpc.js";
import { type OpenStore, readSign, type Sign } from "./messages.js";
import type { Channel, Platform } from "./platform.js";

/** How often a leader is listened for while it owes an answer, in milliseconds. Nobody is woken while nobody waits. */
export const LISTEN_MS = 1000;

/** How long a leader that owes an answer may say nothing before another takes over, in milliseconds. */
export const SILENCE_MS = 3000;

/** Whoever answers the calls of this context: its leader, far or near. */
export interface Server {
  readonly store: OpenStore;
  call(method: EngineMethod | "care", args: readonly unknown[], stamp?: RequestStamp): Promise<unknown>;
}

/** A line to a leader elsewhere. */
export class Link implements Server {
  readonly leader: string;
  readonly store: OpenStore;
  readonly #platform: Platform;
  readonly #channel: Channel;
  readonly #rpc: RpcClient;
  readonly #onSilence: () => void;
  #waiting = 0;
  #heard = 0;
  #stopListening: () => void = () => undefined;

  /** `onSilence` is called when the leader owes answers and shows no sign of life. */
  constructor(platform: Platform, channel: Channel, leader: string, store: OpenStore, onSilence: () => void) {
    this.#platform = platform;
    this.leader = leader;
    this.store = store;
    this.#channel = channel;
    this.#onSilence = onSilence;
    this.#rpc = new RpcClient(this.#endpoint(), () => undefined);
  }

  async call(method: EngineMethod | "care", args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    if (method === "nextChange") {
      // Its answer comes when something changes: that none comes says nothing.
      return this.#rpc.call(method, args);
    }
    this.#expect(1);
    try {
      return await this.#rpc.call(method, args, stamp);
    } finally {
      this.#expect(-1);
    }
  }

  /** The leader is gone: what it has not answered may have been done or not. */
  end(trapped: boolean): void {
    this.#stopListening();
    this.#channel.close();
    this.#rpc.fail(connectionLost("the tab that had the store open is gone"), trapped);
  }

  /** This follower is leaving. */
  leave(): void {
    this.#post({ sign: "bye" });
    this.end(false);
  }

  #expect(change: 1 | -1): void {
    if (this.#waiting === 0) {
      this.#heard = this.#platform.now();
      this.#listen();
    }
    this.#waiting += change;
    if (this.#waiting === 0) {
      this.#stopListening();
    }
  }

  #listen(): void {
    this.#stopListening = this.#platform.after(LISTEN_MS, () => {
      if (this.#platform.now() - this.#heard >= SILENCE_MS) {
        this.#onSilence();
      } else {
        this.#post({ sign: "ping" });
        this.#listen();
      }
    });
  }

  #post(sign: Sign): void {
    this.#channel.postMessage(sign);
  }

  /** What is transferred elsewhere is copied through a channel. */
  #endpoint(): Endpoint {
    const channel = this.#channel;
    const endpoint: Endpoint = { onmessage: null, postMessage: (message) => channel.postMessage(message) };
    channel.onmessage = (event) => {
      this.#heard = this.#platform.now();
      if (!readSign(event.data) && isAnswer(event.data)) {
        endpoint.onmessage?.(event);
      }
    };
    return endpoint;
  }
}

function isAnswer(data: unknown): boolean {
  const { id, error } = (data ?? {}) as { id?: unknown; error?: unknown };
  return typeof id === "number" && (error === undefined || typeof error === "object");
}
