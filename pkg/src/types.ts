/** The data types of the `chromadb` client. */

/** A dense vector. Typed arrays are taken as they are, without a detour through plain arrays. */
export type Vector = number[] | Float32Array | Float64Array;

/** A sparse vector: `values[i]` at dimension `indices[i]`. */
export interface SparseVector {
  indices: number[];
  values: number[];
  /** The text behind each index; the embedding function's own, not stored by this client. */
  tokens?: string[] | null;
}

/** Members of metadata lists. */
export type MetadataScalar = boolean | number | string;

/** Metadata of a collection. `null` values are dropped. */
export type CollectionMetadata = Record<
  string,
  boolean | number | string | SparseVector | boolean[] | number[] | string[] | null
>;

/** Metadata of a record. A `null` value is dropped by `add`, and deletes its key in `update` and `upsert`. */
export type Metadata = Record<
  string,
  boolean | number | string | SparseVector | boolean[] | number[] | string[] | null
>;

/** Columns of a write. */
export interface BaseRecordSet {
  embeddings?: Vector[];
  metadatas?: Metadata[];
  documents?: string[];
  uris?: string[];
}

/** Columns of a write with the records' ids. */
export interface RecordSet extends BaseRecordSet {
  ids: string[];
}

/** Columns of a query. */
export interface QueryRecordSet extends BaseRecordSet {
  ids?: string[];
  embeddings: Vector[];
}

export const baseRecordSetFields: string[] = ["ids", "embeddings", "metadatas", "documents", "uris"];

export const recordSetFields: string[] = [...baseRecordSetFields, "ids"];

/** What a read takes into account; recent writes lie in the log until they are compacted. */
export const ReadLevel = {
  INDEX_AND_WAL: "index_and_wal",
  INDEX_ONLY: "index_only",
  INDEX_AND_BOUNDED_WAL: "index_and_bounded_wal",
} as const;

export type ReadLevel = (typeof ReadLevel)[keyof typeof ReadLevel];

/** Names of the sections of a result. */
export const IncludeEnum = {
  distances: "distances",
  documents: "documents",
  embeddings: "embeddings",
  metadatas: "metadatas",
  uris: "uris",
} as const;

export type IncludeEnum = (typeof IncludeEnum)[keyof typeof IncludeEnum];

/** A section of a result. */
export type Include = "distances" | "documents" | "embeddings" | "metadatas" | "uris";

type LiteralValue = string | number | boolean;

type OperatorExpression =
  | { $gt: LiteralValue }
  | { $gte: LiteralValue }
  | { $lt: LiteralValue }
  | { $lte: LiteralValue }
  | { $ne: LiteralValue }
  | { $eq: LiteralValue }
  | { $and: LiteralValue }
  | { $or: LiteralValue }
  | { $in: LiteralValue[] }
  | { $nin: LiteralValue[] }
  | { $contains: LiteralValue }
  | { $not_contains: LiteralValue };

/** A filter on metadata. */
export type Where = { [key: string]: LiteralValue | OperatorExpression } | { $and: Where[] } | { $or: Where[] };

/** A filter on documents. */
export type WhereDocument =
  | { $contains: string }
  | { $not_contains: string }
  | { $matches: string }
  | { $not_matches: string }
  | { $regex: string }
  | { $not_regex: string }
  | { $and: WhereDocument[] }
  | { $or: WhereDocument[] };

/** Result of a deletion. */
export interface DeleteResult {
  deleted?: number;
}

/** How far the log of a collection has been brought into its index. */
export interface IndexingStatus {
  num_indexed_ops: number;
  num_unindexed_ops: number;
  op_indexing_progress: number;
  total_ops: number;
}

/** Who the client is; there is one local user. */
export interface UserIdentity {
  user_id: string;
  tenant: string;
  databases: string[];
}

/** What a client has to know before it sends records. */
export interface ChecklistResponse {
  max_batch_size: number;
  supports_base64_encoding: boolean;
}

/** A database. */
export interface Database {
  id: string;
  name: string;
  tenant: string;
}
