/** What can go wrong with snapshots, apart from what a collection's methods refuse anyway. */

import { InvalidArgumentError } from "../errors.js";

/** Base of the errors of snapshots: what of them cannot be told apart further, and what a caller may catch. */
export class SnapshotError extends Error {
  override name = "SnapshotError";
  constructor(
    message: string,
    public override readonly cause?: unknown,
  ) {
    super(message);
  }
}

/** Bytes that are not those that were published, whoever changed them. Nothing was answered from them. */
export class SnapshotCorruptError extends SnapshotError {
  override name = "SnapshotCorruptError";
}

/** The query would have cost more than it may: `maxBytes` or `maxRequests`. */
export class SnapshotBudgetError extends SnapshotError {
  override name = "SnapshotBudgetError";
}

/** What snapshots do not have: filters of documents, say. */
export class SnapshotUnsupportedError extends SnapshotError {
  override name = "SnapshotUnsupportedError";
}

/** The snapshot was written by a newer version. */
export class SnapshotVersionError extends SnapshotError {
  override name = "SnapshotVersionError";
}

/** The manifest is not signed with the key that was asked for. */
export class SnapshotSignatureError extends SnapshotError {
  override name = "SnapshotSignatureError";
}

/** The manifest is older than one that was seen before, or another one of the same generation. */
export class SnapshotRollbackError extends SnapshotError {
  override name = "SnapshotRollbackError";
}

/** The host did not answer, or not with what was asked for, as often as it was asked. */
export class SnapshotUnavailableError extends SnapshotError {
  override name = "SnapshotUnavailableError";
}

const BY_NAME: Record<string, new (message: string) => Error> = {
  SnapshotCorruptError,
  SnapshotBudgetError,
  SnapshotUnsupportedError,
  SnapshotVersionError,
  InvalidArgumentError,
};

/** The error that the module tells. */
export function errorOf({ name, message }: { name: string; message: string }): Error {
  return new (BY_NAME[name] ?? SnapshotError)(message);
}
