/**
 * Compile-only: the types of this package against those of `chromadb`, in both directions. Code written
 * for the official client compiles with this one, and what this one returns fits where the official
 * client's results are expected. Where this one takes more (typed arrays) the extra is named here.
 */

import type * as official from "chromadb";

import type * as ours from "../../pkg/src/index.js";

// ---- Means ----------------------------------------------------------------------------------------

/** `true` when a value of type A can be used where a B is expected. */
type Fits<A, B> = [A] extends [B] ? true : false;

/** Each fits the other, and the members have the same names: an optional one that is missing fits everywhere. */
type Same<A, B> = [Fits<A, B>, Fits<B, A>, Fits<keyof A, keyof B>, Fits<keyof B, keyof A>] extends true[]
  ? true
  : false;
type PairwiseSame<A extends unknown[], B extends unknown[]> = { [I in keyof A]: Same<A[I], B[I & keyof B]> }[number];

/** Fails to compile unless the condition holds. */
type Assert<T extends true> = T;

/** Vectors of this package are also typed arrays; compared with the official types they are plain arrays. */
type Narrow<T> = T extends ours.Vector[]
  ? number[][]
  : T extends ours.EmbeddingFunction<infer _>
    ? official.EmbeddingFunction
    : T extends readonly unknown[] | string | number | boolean | null | undefined
      ? T
      : T extends object
        ? { [K in keyof T]: Narrow<T[K]> }
        : T;

type Method<T, K extends keyof T> = T[K] extends (...args: infer A) => infer R ? { args: A; result: Awaited<R> } : never;

/** Arguments: the official ones are accepted, and those accepted are official ones once typed arrays are set aside. */
type SameArguments<Ours, Official, K extends keyof Ours & keyof Official> = [
  Fits<Required<Method<Official, K>>["args"], Required<Method<Ours, K>>["args"]>,
  Fits<Narrow<NonNullable<Method<Ours, K>["args"][0]>>, NonNullable<Method<Official, K>["args"][0]>>,
] extends [true, true]
  ? true
  : false;

// ---- Clients --------------------------------------------------------------------------------------

type Client = ours.ChromaClient;
type OfficialClient = official.ChromaClient;

/** Every public member is there. */
export type ClientMembers = Assert<Fits<keyof OfficialClient, keyof Client>>;

type PlainResults =
  | "heartbeat"
  | "version"
  | "reset"
  | "getUserIdentity"
  | "getPreflightChecks"
  | "getMaxBatchSize"
  | "supportsBase64Encoding"
  | "countCollections"
  | "deleteCollection"
  | "_path";

export type ClientResults = Assert<
  Same<
    { [K in PlainResults]: Method<Client, K>["result"] },
    { [K in PlainResults]: Method<OfficialClient, K>["result"] }
  >
>;
export type ClientGetters = Assert<
  Same<
    Pick<Client, "tenant" | "database" | "headers" | "preflightChecks">,
    Pick<OfficialClient, "tenant" | "database" | "headers" | "preflightChecks">
  >
>;
export type ListCollections = Assert<
  Same<Parameters<Client["listCollections"]>, Parameters<OfficialClient["listCollections"]>>
>;
export type DeleteCollection = Assert<
  Same<Parameters<Client["deleteCollection"]>, Parameters<OfficialClient["deleteCollection"]>>
>;
export type ById = Assert<Same<Parameters<Client["getCollectionById"]>, [id: string]>>;
export type ByCrn = Assert<Same<Parameters<Client["getCollectionByCrn"]>, [crn: string]>>;
export type Handle = Assert<Same<Parameters<Client["collection"]>, Parameters<OfficialClient["collection"]>>>;
export type GetCollections = Assert<
  Fits<Parameters<OfficialClient["getCollections"]>, Parameters<Client["getCollections"]>>
>;
export type GetCollection = Assert<SameArguments<Client, OfficialClient, "getCollection">>;

type CreateArgs = Parameters<Client["createCollection"]>[0];
type OfficialCreateArgs = Parameters<OfficialClient["createCollection"]>[0];

export type CreateCollection = Assert<Fits<Omit<OfficialCreateArgs, "schema">, CreateArgs>>;
export type CreateCollectionBack = Assert<Fits<Narrow<Omit<CreateArgs, "schema">>, OfficialCreateArgs>>;
export type CreateCollectionKeys = Assert<Same<keyof CreateArgs, keyof OfficialCreateArgs>>;
export type GetOrCreate = Assert<Same<Parameters<Client["getOrCreateCollection"]>, [CreateArgs]>>;

type AdminMethod = keyof official.AdminClient;

export type AdminMembers = Assert<Fits<AdminMethod, keyof ours.AdminClient>>;
export type Admin = Assert<
  Same<Pick<ours.AdminClient, AdminMethod & keyof ours.AdminClient>, Pick<official.AdminClient, AdminMethod>>
>;

// ---- Collections ----------------------------------------------------------------------------------

type Collection = ours.Collection;
type OfficialCollection = official.Collection;

/** All but what this version does not have. */
export type CollectionMembers = Assert<
  Same<keyof Collection, Exclude<keyof OfficialCollection, "search" | "fork" | "forkCount">>
>;

type Fields = "id" | "name" | "tenant" | "database" | "metadata";

export type CollectionFields = Assert<Same<Pick<Collection, Fields>, Pick<OfficialCollection, Fields>>>;
export type CollectionConfiguration = Assert<
  Fits<Collection["configuration"], OfficialCollection["configuration"]>
>;
export type CollectionFunction = Assert<
  Fits<Collection["embeddingFunction"], OfficialCollection["embeddingFunction"]>
>;

type RecordMethods = "add" | "update" | "upsert" | "query";

export type Records = Assert<
  { [K in RecordMethods]: SameArguments<Collection, OfficialCollection, K> }[RecordMethods]
>;
export type RecordKeys = Assert<
  Same<
    { [K in RecordMethods]: keyof Parameters<Collection[K]>[0] },
    { [K in RecordMethods]: keyof Parameters<OfficialCollection[K]>[0] }
  >
>;
export type Get = Assert<Same<Parameters<Collection["get"]>, Parameters<OfficialCollection["get"]>>>;
export type Peek = Assert<Fits<Parameters<OfficialCollection["peek"]>, Parameters<Collection["peek"]>>>;
export type Count = Assert<Same<Parameters<Collection["count"]>, Parameters<OfficialCollection["count"]>>>;
export type Delete = Assert<Same<Parameters<Collection["delete"]>, Parameters<OfficialCollection["delete"]>>>;
export type Modify = Assert<SameArguments<Collection, OfficialCollection, "modify">>;

type ResultMethods = "count" | "add" | "update" | "upsert" | "delete" | "modify" | "getIndexingStatus";

export type CollectionResults = Assert<
  Same<
    { [K in ResultMethods]: Method<Collection, K>["result"] },
    { [K in ResultMethods]: Method<OfficialCollection, K>["result"] }
  >
>;
export type GetResults = Assert<Same<ours.GetResult, official.GetResult>>;
export type QueryResults = Assert<Same<ours.QueryResult, official.QueryResult>>;
export type Rows = Assert<
  Same<ReturnType<ours.GetResult["rows"]>[number], ReturnType<official.GetResult["rows"]>[number]>
>;
export type GetReturns = Assert<Same<Method<Collection, "get">["result"], official.GetResult>>;
export type PeekReturns = Assert<Same<Method<Collection, "peek">["result"], official.GetResult>>;
export type QueryReturns = Assert<Same<Method<Collection, "query">["result"], official.QueryResult>>;

// ---- Data, functions, errors ----------------------------------------------------------------------

export type Data = Assert<
  PairwiseSame<
    [
      ours.Where,
      ours.WhereDocument,
      ours.Metadata,
      ours.CollectionMetadata,
      ours.SparseVector,
      ours.UserIdentity,
      ours.DeleteResult,
      ours.IndexingStatus,
      ours.ReadLevel,
      ours.QueryRowResult,
      ours.HNSWConfiguration,
      ours.UpdateHNSWConfiguration,
      ours.UpdateSPANNConfiguration,
      ours.CollectionConfiguration,
      NonNullable<ours.CollectionConfiguration["hnsw"]>,
      NonNullable<ours.CollectionConfiguration["spann"]>,
      ours.EmbeddingFunctionSpace,
    ],
    [
      official.Where,
      official.WhereDocument,
      official.Metadata,
      official.CollectionMetadata,
      official.SparseVector,
      official.UserIdentity,
      official.DeleteResult,
      official.IndexingStatus,
      official.ReadLevel,
      official.QueryRowResult,
      official.HNSWConfiguration,
      official.UpdateHNSWConfiguration,
      official.UpdateSPANNConfiguration,
      official.CollectionConfiguration,
      NonNullable<official.CollectionConfiguration["hnsw"]>,
      NonNullable<official.CollectionConfiguration["spann"]>,
      official.EmbeddingFunctionSpace,
    ]
  >
>;

export type Functions = Assert<
  PairwiseSame<
    [ours.EmbeddingFunction, ours.SparseEmbeddingFunction],
    [official.EmbeddingFunction, official.SparseEmbeddingFunction]
  >
>;
export type FunctionClasses = Assert<
  Fits<
    [official.EmbeddingFunctionClass, official.SparseEmbeddingFunctionClass],
    [ours.EmbeddingFunctionClass, ours.SparseEmbeddingFunctionClass]
  >
>;

type ErrorNames = Extract<keyof typeof official, `${string}Error`>;

export type ErrorClasses = Assert<Fits<ErrorNames, keyof typeof ours>>;
export type ErrorConstructors = Assert<
  Same<
    { [K in ErrorNames]: ConstructorParameters<(typeof official)[K]> },
    { [K in ErrorNames]: ConstructorParameters<(typeof ours)[K & keyof typeof ours]> }
  >
>;

/** Values of the official client that this version does not export. */
type Missing = Exclude<keyof typeof official, keyof typeof ours>;
type Later =
  | "CloudClient" | "AdminCloudClient" | "withChroma"
  | "Schema" | "Cmek" | "CmekProvider" | "DOCUMENT_KEY" | "EMBEDDING_KEY" | "ValueTypes"
  | `${string}ValueType` | `${string}IndexType` | `${string}IndexConfig`
  | "Search" | "SearchResult" | "toSearch" | "K" | "Key" | "Knn" | "Rrf" | "Val" | "Sum" | "Sub" | "Mul" | "Div"
  | "Abs" | "Exp" | "Log" | "Max" | "Min" | "MaxK" | "MinK" | "Aggregate" | "GroupBy" | "Limit" | "Select"
  | "RankExpression" | "WhereExpression";

export type Exports = Assert<Fits<Missing, Later>>;
