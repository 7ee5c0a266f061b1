/** Engine errors on their way from the wasm module to the client, across a worker or not. */

/** What the engine says about a failure. */
export interface EngineErrorFields {
  /** Chroma's name of the error, for instance `InvalidArgumentError`. */
  name: string;
  message: string;
  /** The HTTP status that stands for it. */
  code: number;
  /** Whether the same call may succeed later without a change to it. */
  retryable: boolean;
}

/** Name of the errors that say that no engine is there to answer any more. */
export const CONNECTION_LOST = "ConnectionLostError";

/** Name of the error of a store that another tab, worker or process holds. */
export const STORAGE_LOCKED = "StorageLockedError";

/** Name of the error of a storage that has failed: what the device holds is known again only after an opening. */
export const STORAGE_FAILED = "StorageError";

/** Name of the error of a storage backend that this platform or context does not have. */
export const STORAGE_UNSUPPORTED = "StorageUnsupportedError";

/** An error of the engine that was made on this side: revived from a message, or by the host. */
export class EngineError extends Error implements EngineErrorFields {
  readonly code: number;
  readonly retryable: boolean;

  constructor({ name, message, code, retryable }: EngineErrorFields, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
    this.code = code;
    this.retryable = retryable;
  }
}

/** The error of every call after the engine is gone. */
export function connectionLost(message: string, cause?: unknown): EngineError {
  return new EngineError({ name: CONNECTION_LOST, message, code: 503, retryable: true }, { cause });
}

/** Whether an error carries the engine's fields. */
export function isEngineError(error: unknown): error is Error & EngineErrorFields {
  return error instanceof Error && typeof (error as Partial<EngineErrorFields>).code === "number" && "retryable" in error;
}

/** The engine's fields of any thrown value; what the engine did not throw is an internal error. */
export function describeError(error: unknown): EngineErrorFields {
  if (isEngineError(error)) {
    const { name, message, code, retryable } = error;
    return { name, message, code, retryable };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { name: "InternalError", message, code: 500, retryable: false };
}
