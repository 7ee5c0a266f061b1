/** Calls across a message port: requests `{id, method, args}`, answers `{id, ok}` or `{id, error}`. */

import { connectionLost, EngineError, type EngineErrorFields } from "./errors.js";
import { ownedBuffers } from "./transfer.js";

/** What a worker, its global scope and a message port have in common. */
export interface Endpoint {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export interface Request {
  id: number;
  method: string;
  args: readonly unknown[];
}

export type Response =
  | { id: number; ok: unknown }
  /** `fatal`: the engine behind the port will answer nothing more. */
  | { id: number; error: EngineErrorFields; fatal?: boolean };

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** The calling side. */
export class RpcClient {
  readonly #endpoint: Endpoint;
  readonly #onLost: (error: Error) => void;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #lost: Error | undefined;

  /** `onLost` is called once, when the other side is known to be gone. */
  constructor(endpoint: Endpoint, onLost: (error: Error) => void) {
    this.#endpoint = endpoint;
    this.#onLost = onLost;
    endpoint.onmessage = (event) => this.#settle(event.data as Response);
  }

  /** Sends one call. Buffers that were made for it are transferred, everything else is copied. */
  call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#lost) {
      return Promise.reject(this.#lost);
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      try {
        this.#endpoint.postMessage({ id, method, args } satisfies Request, ownedBuffers(args));
      } catch (error) {
        this.#pending.delete(id);
        reject(new EngineError(UNSENDABLE, { cause: error }));
      }
    });
  }

  /** Rejects what is pending and every later call. */
  fail(error: Error): void {
    if (this.#lost) {
      return;
    }
    this.#lost = error;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) {
      reject(error);
    }
    this.#onLost(error);
  }

  #settle(response: Response): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if ("ok" in response) {
      pending?.resolve(response.ok);
      return;
    }
    const error = new EngineError(response.error);
    pending?.reject(error);
    if (response.fatal) {
      this.fail(connectionLost("the engine stopped: open the store again", error));
    }
  }
}

const UNSENDABLE: EngineErrorFields = {
  name: "InvalidArgumentError",
  message: "the arguments hold something that cannot be sent to a worker, for instance a function",
  code: 400,
  retryable: false,
};
