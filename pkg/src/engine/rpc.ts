/** Calls across a message port: requests `{id, method, args, stamp}`, answers `{id, ok}` or `{id, error}`. */

import { CONNECTION_LOST, connectionLost, describeError, EngineError, type EngineErrorFields } from "./errors.js";
import type { RequestStamp } from "./requests.js";
import { ownedBuffers, resultBuffers } from "./transfer.js";

/** What a worker, its global scope, a message port and a channel have in common. */
export interface Endpoint {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export interface Request {
  id: number;
  method: string;
  args: readonly unknown[];
  stamp?: RequestStamp | undefined;
}

export type Response =
  | { id: number; ok: unknown }
  | { id: number; error: EngineErrorFields }
  /** The engine behind the port will answer nothing more. `unanswered` are the arguments of the calls that it owes an answer, by their ids. */
  | { lost: EngineErrorFields; unanswered: [id: number, args: readonly unknown[]][] };

/** The error of a call whose answer will not come: it may have been done or not. */
export class CallLost extends EngineError {
  /** Whether the engine stopped because of an internal error. */
  readonly trapped: boolean;
  /** The arguments, if they came back: buffers that moved with the call are not with the caller any more. */
  readonly args: readonly unknown[] | undefined;

  constructor(reason: EngineErrorFields, trapped: boolean, args?: readonly unknown[], options?: ErrorOptions) {
    super(reason, options);
    this.trapped = trapped;
    this.args = args;
  }
}

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** The calling side. */
export class RpcClient {
  readonly #endpoint: Endpoint;
  readonly #onLost: (error: Error) => void;
  readonly #pending = new Map<number, Pending>();
  /** Begins anywhere: on a channel an answer to an earlier client may still be on its way. */
  #next = Math.floor(Math.random() * 2 ** 40);
  #lost: CallLost | undefined;

  /** `onLost` is called once, when the other side is known to be gone. */
  constructor(endpoint: Endpoint, onLost: (error: Error) => void) {
    this.#endpoint = endpoint;
    this.#onLost = onLost;
    endpoint.onmessage = (event) => this.#settle(event.data as Response);
  }

  /** Sends one call. Buffers that were made for it are transferred, everything else is copied. */
  call(method: string, args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    if (this.#lost) {
      return Promise.reject(this.#lost);
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      try {
        this.#endpoint.postMessage({ id, method, args, ...(stamp && { stamp }) } satisfies Request, ownedBuffers(args));
      } catch (error) {
        this.#pending.delete(id);
        reject(new EngineError(UNSENDABLE, { cause: error }));
      }
    });
  }

  /** Rejects what is pending and every later call. */
  fail(error: EngineError, trapped = false, unanswered: readonly [number, readonly unknown[]][] = []): void {
    if (this.#lost) {
      return;
    }
    this.#lost = new CallLost(error, trapped, undefined, { cause: error.cause });
    const args = new Map(unanswered);
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const [id, { reject }] of pending) {
      reject(new CallLost(error, trapped, args.get(id), { cause: error.cause }));
    }
    this.#onLost(this.#lost);
  }

  #settle(response: Response): void {
    if ("lost" in response) {
      const { lost, unanswered } = response;
      const message = `the engine stopped (${lost.message}): open the store again`;
      this.fail(connectionLost(message, new EngineError(lost)), true, unanswered);
      return;
    }
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if ("ok" in response) {
      pending?.resolve(response.ok);
    } else {
      pending?.reject(new EngineError(response.error));
    }
  }
}

/** Answers the calls that come through a port. Whatever is none is given to `other`. */
export function answerCalls(
  port: Endpoint,
  call: (request: Request) => Promise<unknown>,
  other: (data: unknown) => void = () => undefined,
): void {
  const unanswered = new Map<number, readonly unknown[]>();
  let lost = false;
  const answer = async (request: Request): Promise<void> => {
    const { id, args } = request;
    unanswered.set(id, args);
    try {
      const ok = await call(request);
      unanswered.delete(id);
      port.postMessage({ id, ok } satisfies Response, resultBuffers(ok));
    } catch (error) {
      const description = describeError(error);
      if (!isFatal(error)) {
        unanswered.delete(id);
        port.postMessage({ id, error: description } satisfies Response, []);
      } else if (!lost) {
        lost = true;
        port.postMessage({ lost: description, unanswered: [...unanswered] } satisfies Response, []);
      }
    }
  };
  port.onmessage = ({ data }) => {
    if (isRequest(data)) {
      void answer(data);
    } else {
      other(data);
    }
  };
}

/**
 * Whether an error says that the engine of this context has stopped: a trap leaves a memory that cannot be trusted. A call that was lost in
 * another way, say when the store moved to another tab, says nothing about the next one.
 */
export function isFatal(error: unknown): boolean {
  const isElsewhere = error instanceof CallLost && !error.trapped;
  return error instanceof WebAssembly.RuntimeError || (describeError(error).name === CONNECTION_LOST && !isElsewhere);
}

function isRequest(data: unknown): data is Request {
  const { id, method, args } = (data ?? {}) as Partial<Request>;
  return typeof id === "number" && typeof method === "string" && Array.isArray(args);
}

const UNSENDABLE: EngineErrorFields = {
  name: "InvalidArgumentError",
  message: "the arguments hold something that cannot be sent to a worker, for instance a function",
  code: 400,
  retryable: false,
};
