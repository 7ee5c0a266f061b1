/** Writes that may have to be asked for again: who asks, and what is known of the answers. */

import type { CollectionJson, Engine, EngineMethod } from "./engine.js";
import { describeError, EngineError } from "./errors.js";

/** Names one write of one client. It travels with the call, and lies in the log with what the call has done. */
export interface RequestStamp {
  /** A UUID. */
  client: string;
  /** Grows from request to request. */
  number: number;
  /** The client has the answers of all requests below this number. */
  acknowledged: number;
  /** It was asked for before, and whether it was done is not known. */
  again?: boolean;
}

/** What the engine remembers of a request that was done. */
export interface Applied {
  /** Of its entry in the log. */
  sequence: number;
  /** Operations on records in that entry. */
  operations: number;
}

/** Numbers the writes of one client. */
export class Requester {
  readonly #client = newId();
  readonly #outstanding = new Set<number>();
  #next = 1;

  begin(): RequestStamp {
    const number = this.#next++;
    this.#outstanding.add(number);
    return this.#stamp(number);
  }

  /** The stamp with which a request is asked for again. */
  again({ number }: RequestStamp): RequestStamp {
    return { ...this.#stamp(number), again: true };
  }

  /** The client has its answer. */
  end({ number }: RequestStamp): void {
    this.#outstanding.delete(number);
  }

  #stamp(number: number): RequestStamp {
    // Numbers are added in order: the first is the lowest.
    const [acknowledged = this.#next] = this.#outstanding;
    return { client: this.#client, number, acknowledged };
  }
}

/** What a method answers that was done already. */
export async function answerAgain(
  engine: Engine,
  method: EngineMethod,
  args: readonly unknown[],
  { sequence, operations }: Applied,
): Promise<unknown> {
  const [tenant, database] = args as [string, string];
  switch (method) {
    case "delete":
      return { deleted: operations };
    case "conditionalCommit":
      return { first_inserted_record_offset: sequence, record_count: operations };
    case "createCollection":
      return engine.getCollection(tenant, database, (args[2] as CollectionJson).name);
    case "forkCollection":
      return engine.getCollection(tenant, database, args[3] as string);
    case "attachFunction": {
      const [, , collection, { name }] = args as [string, string, string, { name: string }];
      return { attached_function: await engine.attachedFunction(tenant, database, collection, name), created: true };
    }
    default:
      return undefined;
  }
}

/** How many times a request may stop an engine before it is refused. */
export const MAX_TRAPS = 3;

/** The error of a request that has stopped the engine too often. */
export function refused(cause: Error): EngineError {
  const message = `this request has stopped the engine ${MAX_TRAPS} times: it is not tried again (${describeError(cause).message})`;
  return new EngineError({ name: "InternalError", message, code: 500, retryable: false }, { cause });
}

/** A random UUID; `crypto.randomUUID` does not exist everywhere. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
