/** Something about a model that whoever uses it can change; `explain` says how. */

export type ModelFault =
  /** Nobody has allowed yet that this server is asked */
  | "not-allowed"
  /** The server wants a key, and there is none here or another one is wanted */
  | "no-key"
  /** Nothing answers, or the page may not read the answer */
  | "unreachable"
  /** The server has no such model */
  | "no-model"
  /** The server answers something else than embeddings */
  | "answer"
  /** The folder of a transformer lacks something, or has what cannot be read */
  | "files"
  /** What runs transformers cannot be had */
  | "runtime";

export class ModelError extends Error {
  override readonly name = "ModelError";

  constructor(
    readonly fault: ModelFault,
    message: string,
    /** Of the server that it is about, if any: an origin */
    readonly server?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error about a model among an error and its causes. */
export function modelErrorOf(error: unknown): ModelError | undefined {
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++) {
    if (link instanceof ModelError) return link;
  }
  return undefined;
}
