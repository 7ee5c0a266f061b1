/** The errors of the `chromadb` client: same names, same constructors. */

/** A Chroma error without a class of its own. */
export class ChromaError extends Error {
  constructor(
    name: string,
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
    this.name = name;
  }
}

/** The engine cannot be reached: its worker stopped, or the client was closed. */
export class ChromaConnectionError extends Error {
  override name = "ChromaConnectionError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** The engine failed while it handled the request; corrupt and locked stores included. */
export class ChromaServerError extends Error {
  override name = "ChromaServerError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** The engine refused the request. */
export class ChromaClientError extends Error {
  override name = "ChromaClientError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** The request lacked valid authentication. Its name is the official client's. */
export class ChromaUnauthorizedError extends Error {
  override name = "ChromaAuthError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** The operation is switched off, for instance `reset()` without `allowReset`. */
export class ChromaForbiddenError extends Error {
  override name = "ChromaForbiddenError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** The tenant, database or collection does not exist. */
export class ChromaNotFoundError extends Error {
  override name = "ChromaNotFoundError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** An argument is wrong; nothing was sent to the engine. */
export class ChromaValueError extends Error {
  override name = "ChromaValueError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** The collection is not a valid one. */
export class InvalidCollectionError extends Error {
  override name = "InvalidCollectionError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** An argument was refused. */
export class InvalidArgumentError extends Error {
  override name = "InvalidArgumentError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** The name is taken. */
export class ChromaUniqueError extends Error {
  override name = "ChromaUniqueError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** Another write came before that of the transaction to a record that this is about. */
export class ChromaConditionalWriteConflictError extends Error {
  override name = "ChromaConditionalWriteConflictError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** What the transaction has read is no longer known apart from what was written since. */
export class ChromaStaleReadError extends Error {
  override name = "ChromaStaleReadError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** A quota is used up; for a full disk the write in question changed nothing. */
export class ChromaQuotaExceededError extends Error {
  override name = "ChromaQuotaExceededError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** Too much is under way; try again later. */
export class ChromaRateLimitError extends Error {
  override name = "ChromaRateLimitError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** The error class of a type named in a response, if it has one of its own. */
export function createErrorByType(
  type: string,
  message: string,
): InvalidCollectionError | InvalidArgumentError | undefined {
  switch (type) {
    case "InvalidCollection":
      return new InvalidCollectionError(message);
    case "InvalidArgumentError":
      return new InvalidArgumentError(message);
    default:
      return undefined;
  }
}
