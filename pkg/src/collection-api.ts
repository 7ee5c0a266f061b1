/** What a collection can do, and what its methods take. */

import type { ConditionalTransaction } from "./conditional.js";
import type { CopyOptions } from "./sync/copy.js";
import type { CollectionConfiguration, UpdateCollectionConfiguration } from "./configuration.js";
import type { EmbeddingFunction } from "./embedding/types.js";
import type { Unsubscribe } from "./live.js";
import type { GetResult, QueryResult, SearchResult } from "./results.js";
import type { Schema } from "./schema/schema.js";
import type { SearchLike } from "./search/search.js";
import type {
  CollectionMetadata,
  DeleteResult,
  Include,
  IndexingStatus,
  Metadata,
  ReadLevel,
  RecordSet,
  Vector,
  Where,
  WhereDocument,
} from "./types.js";

/** Records to get: by id, by filter, or both (then a record has to satisfy both). */
export interface GetArgs {
  ids?: string[];
  where?: Where;
  limit?: number;
  offset?: number;
  whereDocument?: WhereDocument;
  /** Default documents and metadatas. */
  include?: Include[];
}

/** A search by vectors, or by texts that the collection's function embeds. */
export interface QueryArgs {
  queryEmbeddings?: Vector[];
  queryTexts?: string[];
  queryURIs?: string[];
  /** Search among these records only. */
  ids?: string[];
  /** Hits a query; default 10. */
  nResults?: number;
  where?: Where;
  whereDocument?: WhereDocument;
  /** Default metadatas, documents and distances. */
  include?: Include[];
}

/** Records to delete: by id, by filter, or both (then a record has to satisfy both). */
export interface DeleteArgs {
  ids?: string[];
  where?: Where;
  whereDocument?: WhereDocument;
  /** Delete no more than so many of what the filter finds. */
  limit?: number;
}

/** Which metadata keys' values are counted, and among which records: all, or those of the ids and filters. */
export interface FacetsArgs {
  keys: string[];
  ids?: string[];
  where?: Where;
  whereDocument?: WhereDocument;
  /** Values of each key at most, the most frequent ones; default 10. */
  limit?: number;
}

/** The most frequent values of a metadata key. */
export interface Facet {
  key: string;
  /** How many records have each value; the most frequent first. Elements of arrays are values. */
  values: { value: string | number | bigint | boolean; count: number }[];
  /** Number of different values. */
  distinct: number;
}

/** A version of a collection: what it was when it was compacted. */
export interface CollectionVersion {
  version: number;
  /** When it was written. */
  writtenAt: Date;
  /** Whether it is what was compacted last. */
  isCurrent: boolean;
}

/** Which function is attached, and where it writes. */
export interface AttachFunctionArgs {
  /** Under which name it is attached. */
  name: string;
  /** `record_counter`, `statistics`, or the name of a function that was given to `client.registerFunction`. */
  functionId: string;
  /** The collection that it writes to, which does not exist yet. */
  outputCollection: string;
  params?: Record<string, unknown>;
}

/** A function that is attached to a collection. */
export interface AttachedFunction {
  id: string;
  name: string;
  functionId: string;
  outputCollection: string;
  params: Record<string, unknown>;
  /** It has seen the log of its collection up to here. */
  completionOffset: number;
}

/** What is watched: the arguments of one of the methods. */
export type WatchArgs =
  | { get: GetArgs }
  | { query: QueryArgs }
  | { search: SearchLike | SearchLike[] }
  | { facets: FacetsArgs }
  | { count: true };

/** The result of what is watched. */
export type Watched<A extends WatchArgs> = A extends { get: GetArgs }
  ? GetResult
  : A extends { query: QueryArgs }
    ? QueryResult
    : A extends { search: SearchLike | SearchLike[] }
      ? SearchResult
      : A extends { facets: FacetsArgs }
        ? Facet[]
        : number;

/** What may be changed about a collection. Metadata replaces the old one. */
export interface ModifyArgs {
  name?: string;
  metadata?: CollectionMetadata;
  configuration?: UpdateCollectionConfiguration;
}

/** A named set of records. */
export interface Collection {
  tenant: string;
  database: string;
  id: string;
  name: string;
  metadata: CollectionMetadata | undefined;
  configuration: CollectionConfiguration;
  /** Embeds documents and query texts. */
  embeddingFunction?: EmbeddingFunction;
  /** What is indexed, and how. */
  schema?: Schema;
  /** Number of records. */
  count(options?: { readLevel?: ReadLevel }): Promise<number>;
  /** Adds records; ids that exist already are left as they are. Without embeddings the documents are embedded. */
  add(args: RecordSet): Promise<void>;
  /** Records in the order in which they were added. */
  get<TMeta extends Metadata = Metadata>(args?: GetArgs): Promise<GetResult<TMeta>>;
  /** The first records; 10 by default. */
  peek(args?: { limit?: number }): Promise<GetResult>;
  /** For each query the nearest records, nearest first. */
  query<TMeta extends Metadata = Metadata>(args: QueryArgs): Promise<QueryResult<TMeta>>;
  /** For each search the records that it ranks, lowest score first. Texts to search for are embedded. */
  search(searches: SearchLike | SearchLike[], options?: { readLevel?: ReadLevel }): Promise<SearchResult>;
  /** Changes name, metadata or configuration. */
  modify(args: ModifyArgs): Promise<void>;
  /** Changes records; ids that do not exist are ignored. Metadata is merged, a `null` value deletes its key. */
  update(args: RecordSet): Promise<void>;
  /** Changes records as {@link update} does, and adds those that do not exist. */
  upsert(args: RecordSet): Promise<void>;
  /** Deletes records. */
  delete(args: DeleteArgs): Promise<DeleteResult>;
  /** How much of what was written is in the index; the rest is searched from the log. */
  getIndexingStatus(): Promise<IndexingStatus>;
  /** A new collection with everything that this one has. It takes room only for what the two come to differ in. */
  fork(args: { name: string }): Promise<Collection>;
  /** Number of forks that come, directly or not, from the same collection as this one. */
  forkCount(): Promise<number>;
  /** The versions that can be read and restored, oldest first. A store keeps as many as it was opened with (`versions`). */
  versions(): Promise<CollectionVersion[]>;
  /** Makes what the collection is now a version. */
  saveVersion(): Promise<CollectionVersion>;
  /** The collection as it was in a version, to be read and forked. */
  at(version: number): Collection;
  /** Makes the collection what it was in a version. What it is now becomes a version itself. */
  restore(version: number): Promise<void>;
  /** A transaction: its writes are made only if nobody else has written what it has read or writes. */
  conditional(): ConditionalTransaction;
  /**
   * Writes all records to a Chroma server once, without a link; makes the collection there if it is missing, and overwrites what it has under the same ids.
   * Answers how many were copied.
   */
  pushTo(options: CopyOptions): Promise<number>;
  /** Reads all records of a Chroma server's collection once; overwrites what is here under the same ids. Answers how many were copied. */
  pullFrom(options: CopyOptions): Promise<number>;
  /** Attaches a function, which runs whenever a compaction has brought changes into the collection. */
  attachFunction(args: AttachFunctionArgs): Promise<AttachedFunction>;
  getAttachedFunction(name: string): Promise<AttachedFunction>;
  /** Detaches a function. What it has written stays, unless it is to be deleted. */
  detachFunction(name: string, options?: { deleteOutput?: boolean }): Promise<void>;
  /** The most frequent values of metadata keys, from the index. */
  facets(args: FacetsArgs): Promise<Facet[]>;
  /**
   * Calls `callback` with the result now, and again whenever a write has changed it. Answers the function that ends that. What goes wrong goes to
   * `onError`, and ends it too.
   */
  watch<A extends WatchArgs>(
    args: A,
    callback: (result: Watched<A>) => unknown,
    onError?: (error: unknown) => void,
  ): Unsubscribe;
}
