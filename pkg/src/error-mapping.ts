/** From the engine's errors to those of the `chromadb` client. */

import { CONNECTION_LOST, isEngineError } from "./engine/errors.js";
import {
  ChromaClientError,
  ChromaConditionalWriteConflictError,
  ChromaConnectionError,
  ChromaForbiddenError,
  ChromaNotFoundError,
  ChromaQuotaExceededError,
  ChromaRateLimitError,
  ChromaServerError,
  ChromaStaleReadError,
  ChromaUnauthorizedError,
  ChromaUniqueError,
} from "./errors.js";

/**
 * The error that the official client throws for what the engine reports. The engine's own error, with
 * its message, code and `retryable`, is the `cause`. What is a client error already stays as it is.
 */
export function toChromaError(error: unknown): unknown {
  if (!isEngineError(error)) {
    return error;
  }
  const { code, message } = error;
  switch (code) {
    case 400:
      return new ChromaClientError(`Bad request to Chroma with status: ${message || "Bad Request"}`, error);
    case 401:
      return new ChromaUnauthorizedError("Unauthorized", error);
    case 403:
      if (error.name === "EncryptionKeyError") {
        return new ChromaForbiddenError(message, error);
      }
      return new ChromaForbiddenError("You do not have permission to access the requested resource.", error);
    case 404:
      return new ChromaNotFoundError("The requested resource could not be found", error);
    case 409:
      if (error.name === "ConditionalWriteConflictError") {
        return new ChromaConditionalWriteConflictError(message, error);
      }
      return new ChromaUniqueError("The resource already exists", error);
    case 412:
      return new ChromaStaleReadError(message, error);
    case 422:
      return /^(Quota|Billing limit) exceeded/.test(message)
        ? new ChromaQuotaExceededError(message, error)
        : new ChromaClientError(message || "Unprocessable Entity", error);
    case 429:
      return new ChromaRateLimitError("Rate limit exceeded", error);
    case 507:
      return new ChromaQuotaExceededError(message, error);
    default:
      return error.name === CONNECTION_LOST
        ? new ChromaConnectionError(message, error)
        : new ChromaServerError(message, error);
  }
}
