/** Entry point of snapshots, apart from the client: pages that do not use them do not load them. */

export type { BlockCache } from "../snapshots/cache.js";
export {
  SnapshotBudgetError,
  SnapshotCorruptError,
  SnapshotError,
  SnapshotRollbackError,
  SnapshotSignatureError,
  SnapshotUnavailableError,
  SnapshotUnsupportedError,
  SnapshotVersionError,
} from "../snapshots/errors.js";
export type { Cost } from "../snapshots/module.js";
export { type Publication, publish, type PublishOptions } from "../snapshots/publish.js";
export { generateSnapshotKey, type PublicKey, publicKeyOf } from "../snapshots/signing.js";
export { openSnapshot, type OpenSnapshotOptions, type PrefetchArgs, type Snapshot, type SnapshotStatus } from "../snapshots/snapshot.js";
export type { SnapshotTarget } from "../snapshots/target.js";
