/** Entry point of the storages of Cloudflare, apart from the client: others do not load them. */

export { DurableObjectStorage, type DurableObjectStorageOptions } from "../storage/durable-object.js";
export { type BlockBucket, type LogAndRoot, R2Storage, type R2StorageOptions } from "../storage/r2.js";
export type { SqlDatabase, SqlStorage, SqlValue } from "../storage/sqlite.js";
