/** The public surface, the same for every platform. */

export { AdminClient, type AdminClientArgs, type ListDatabasesArgs } from "./admin-client.js";
export type {
  ArchiveSource,
  DamagedCollection,
  ExistingCollections,
  Exported,
  ExportOptions,
  Imported,
  ImportOptions,
} from "./archive.js";
export { ChromaClient, type ChromaClientArgs } from "./client.js";
export { CollectionHandle } from "./collection.js";
export type {
  AttachedFunction,
  AttachFunctionArgs,
  Collection,
  CollectionVersion,
  Facet,
  FacetsArgs,
  WatchArgs,
  Watched,
} from "./collection-api.js";
export type { CommitResult, ConditionalTransaction } from "./conditional.js";
export {
  type CollectionConfiguration,
  type CreateCollectionConfiguration,
  type HNSWConfiguration,
  processCreateCollectionConfig,
  processUpdateCollectionConfig,
  type SpannConfiguration,
  type UpdateCollectionConfiguration,
  type UpdateHNSWConfiguration,
  type UpdateSPANNConfiguration,
} from "./configuration.js";
export {
  getDefaultEFConfig,
  getEmbeddingFunction,
  getSparseEmbeddingFunction,
  knownEmbeddingFunctions,
  knownSparseEmbeddingFunctions,
  registerEmbeddingFunction,
  registerSparseEmbeddingFunction,
  serializeEmbeddingFunction,
} from "./embedding/registry.js";
export type {
  AnyEmbeddingFunction,
  EmbeddingFunction,
  EmbeddingFunctionClass,
  EmbeddingFunctionClient,
  EmbeddingFunctionConfiguration,
  EmbeddingFunctionSpace,
  SparseEmbeddingFunction,
  SparseEmbeddingFunctionClass,
} from "./embedding/types.js";
export type { Durability, EngineInfo, Housekeeping, Quotas, StorageKind } from "./engine/engine.js";
export type { Encryption } from "./engine/encryption.js";
export type { EngineErrorFields } from "./engine/errors.js";
export type { Fallback, StorageChoice } from "./engine/fallback.js";
export type { Persistence, Quota } from "./engine/persistence.js";
export type { Sharing } from "./engine/sharing/shared-store.js";
export type { ServerInfo } from "./engine/server-facts.js";
export type { StoreInfo, StoreOptions } from "./engine/store.js";
export { type KeptStore, listStores } from "./engine/stores.js";
export type { StorageDirectory, StorageFile, SyncAccessHandle } from "./storage/directory.js";
export * from "./errors.js";
export type { Unsubscribe } from "./live.js";
export type { ChangedRecord, FunctionOutput, RecordChange, RecordFunction } from "./functions.js";
export { destroy, open, type OpenOptions } from "./open.js";
export { GetResult, QueryResult, type QueryRowResult, SearchResult, type SearchResultRow } from "./results.js";
export { Cmek, CmekProvider } from "./schema/cmek.js";
export {
  BoolInvertedIndexConfig,
  BoolInvertedIndexType,
  FloatInvertedIndexConfig,
  FloatInvertedIndexType,
  FtsIndexConfig,
  FtsIndexType,
  type IndexConfig,
  IntInvertedIndexConfig,
  IntInvertedIndexType,
  SparseVectorIndexConfig,
  type SparseVectorIndexConfigOptions,
  SparseVectorIndexType,
  StringInvertedIndexConfig,
  StringInvertedIndexType,
  VectorIndexConfig,
  type VectorIndexConfigOptions,
  VectorIndexType,
} from "./schema/indexes.js";
export { DOCUMENT_KEY, EMBEDDING_KEY, Schema } from "./schema/schema.js";
export {
  BoolValueType,
  FloatListValueType,
  FloatValueType,
  IntValueType,
  SparseVectorValueType,
  StringValueType,
  ValueTypes,
} from "./schema/values.js";
export { Aggregate, type AggregateInput, type AggregateJSON, MaxK, MinK } from "./search/aggregate.js";
export { GroupBy, type GroupByInput, type GroupByJSON } from "./search/group-by.js";
export { K, Key, type KeyFactory } from "./search/key.js";
export { Knn, type KnnOptions } from "./search/knn.js";
export { Limit, type LimitInput, type LimitOptions } from "./search/limit.js";
export { Abs, Div, Exp, Log, Max, Min, Mul, Sub, Sum, Val } from "./search/operators.js";
export { RankExpression, type RankInput, type RankLiteral } from "./search/rank.js";
export { Rrf, type RrfOptions } from "./search/rrf.js";
export { Search, type SearchInit, type SearchLike, toSearch } from "./search/search.js";
export { Select, type SelectInput, type SelectKeyInput } from "./search/select.js";
export { WhereExpression, type WhereInput, type WhereJSON } from "./search/where.js";
export type { Awaitable, LogFrame, NewBlock, RootRecord, StorageAdapter, StorageUsage } from "./storage/adapter.js";
export type { ServerOptions } from "./server-options.js";
export * from "./types.js";
export type { Link, LinkDecision } from "./sync/link.js";
export type { Conflict, ConflictPolicy, ConflictRecord, ConflictResolver } from "./sync/conflicts.js";
export type { CopyOptions } from "./sync/copy.js";
export type { Direction, Progress } from "./sync/context.js";
export { LinkPausedError, RemoteError, type RemoteProblem } from "./sync/errors.js";
export type { JournalEntry } from "./sync/journal.js";
export type { StoredLink } from "./sync/open.js";
export type { KnownRecord, LinkActivity, LinkEvents, LinkOptions, LinkSettings, LinkStatus } from "./sync/options.js";
export type { ReadSource } from "./sync/reads.js";
export type { Fetch } from "./remote/http.js";
export type { RemoteArgs, Surroundings } from "./sync/transport.js";
export type { Damage, Repair, RepairedCollection, Verification } from "./verification.js";
