/** Refusals in the words of the server. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** The member `error` of the answer. */
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

/** What the answer to an unknown path or method is: no body. */
export class EmptyAnswer extends Error {
  constructor(readonly status: number) {
    super(`empty answer ${String(status)}`);
  }
}

export const invalid = (message: string) => new ApiError(400, "InvalidArgumentError", message);
export const notFound = (message: string) => new ApiError(404, "NotFoundError", message);
export const exists = (message: string) => new ApiError(409, "ChromaError", message);
export const internal = (message: string) => new ApiError(500, "InternalError", message);
export const unsupported = (message: string) => new ApiError(501, "ChromaError", message);
export const notJson = (reason: string) => invalid(`Failed to parse the request body as JSON: ${reason}`);

/** Well-formed JSON of another shape than asked for. */
export function misshapen(reason: string): ApiError {
  return new ApiError(422, "ChromaError", `Failed to deserialize the JSON body into the target type: ${reason}`);
}

export function tooManyVariables(): ApiError {
  return internal("Error executing plan: Internal error: error returned from database: (code: 1) too many SQL variables");
}
