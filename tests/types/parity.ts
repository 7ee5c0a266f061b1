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

export type CreateSchema = Assert<Same<CreateArgs["schema"], ours.Schema | undefined>>;
export type CollectionSchema = Assert<Same<Collection["schema"], ours.Schema | undefined>>;

/** All of them, and those that are ours. */
export type CollectionMembers = Assert<Fits<keyof OfficialCollection, keyof Collection>>;
export type Fork = Assert<SameArguments<Collection, OfficialCollection, "fork">>;
export type ForkCount = Assert<Same<ReturnType<Collection["forkCount"]>, ReturnType<OfficialCollection["forkCount"]>>>;

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

// ---- Searches -------------------------------------------------------------------------------------

export type Expressions = Assert<
  PairwiseSame<
    [
      ours.Key,
      ours.KeyFactory,
      ours.WhereExpression,
      ours.WhereInput,
      ours.WhereJSON,
      ours.RankExpression,
      ours.RankInput,
      ours.RankLiteral,
      ours.KnnOptions,
      ours.RrfOptions,
      ours.Limit,
      ours.LimitInput,
      ours.LimitOptions,
      ours.SelectKeyInput,
      ours.Aggregate,
      ours.AggregateInput,
      ours.AggregateJSON,
      ours.MinK,
      ours.MaxK,
      ours.GroupBy,
      ours.GroupByInput,
      ours.GroupByJSON,
    ],
    [
      official.Key,
      official.KeyFactory,
      official.WhereExpression,
      official.WhereInput,
      official.WhereJSON,
      official.RankExpression,
      official.RankInput,
      official.RankLiteral,
      official.KnnOptions,
      official.RrfOptions,
      official.Limit,
      official.LimitInput,
      official.LimitOptions,
      official.SelectKeyInput,
      official.Aggregate,
      official.AggregateInput,
      official.AggregateJSON,
      official.MinK,
      official.MaxK,
      official.GroupBy,
      official.GroupByInput,
      official.GroupByJSON,
    ]
  >
>;

type ExpressionValues =
  | "K" | "Key" | "WhereExpression" | "RankExpression" | "Limit" | "Aggregate" | "MinK" | "MaxK"
  | "Knn" | "Rrf" | "Val" | "Sum" | "Sub" | "Mul" | "Div" | "Abs" | "Exp" | "Log" | "Max" | "Min";

export type ExpressionMakers = Assert<Same<Pick<typeof ours, ExpressionValues>, Pick<typeof official, ExpressionValues>>>;
/** This one says that it takes `null`, as both do. */
export type GroupByClass = Assert<Fits<typeof ours.GroupBy, typeof official.GroupBy>>;

/** The official classes have private members, which nothing else fits: those of this package in their place. */
type Open<T> = T extends official.Search
  ? ours.Search
  : T extends official.Select
    ? ours.Select
    : T extends (...args: infer A) => infer R
      ? (...args: Open<A>) => Open<R>
      : T extends readonly unknown[]
        ? { [I in keyof T]: Open<T[I]> }
        : T;
type Opened<T> = { [K in keyof T]: Open<T[K]> };

export type SelectInputs = Assert<
  Same<Exclude<ours.SelectInput, ours.Select>, Exclude<official.SelectInput, official.Select>>
>;
export type SelectMembers = Assert<Same<ours.Select, Opened<official.Select>>>;
export type SelectClass = Assert<
  Same<
    [ConstructorParameters<typeof ours.Select>, (typeof ours.Select)["all"], (typeof ours.Select)["from"]],
    Opened<[ConstructorParameters<typeof official.Select>, (typeof official.Select)["all"], (typeof official.Select)["from"]]>
  >
>;

export type SearchInits = Assert<Same<Omit<ours.SearchInit, "select">, Omit<official.SearchInit, "select">>>;
export type SearchInitKeys = Assert<Same<keyof ours.SearchInit, keyof official.SearchInit>>;
export type SearchMembers = Assert<
  Same<Omit<Opened<ours.Search>, "toPayload">, Omit<Opened<official.Search>, "toPayload">>
>;
/** Of overloads the last is compared above. */
export type SearchSelects = Assert<Fits<ours.Search["select"], (keys?: official.SelectInput) => ours.Search>>;
export type SearchConstructor = Assert<
  PairwiseSame<
    [ConstructorParameters<typeof ours.Search>, ConstructorParameters<typeof official.Search>],
    [[init?: ours.SearchInit], [init?: official.SearchInit]]
  >
>;

type Payload = ReturnType<ours.Search["toPayload"]>;
type OfficialPayload = ReturnType<official.Search["toPayload"]>;

/** The official type of the filter is not what its builders make. */
export type Payloads = Assert<Fits<Omit<Payload, "filter">, Omit<OfficialPayload, "filter">>>;
export type PayloadKeys = Assert<Same<keyof Payload, keyof OfficialPayload>>;

type SearchArguments<Like> = [searches: Like | Like[], options?: { readLevel?: ours.ReadLevel }];

export type SearchArgs = Assert<
  PairwiseSame<
    [
      Method<Collection, "search">["args"],
      Method<OfficialCollection, "search">["args"],
      Parameters<typeof ours.toSearch>,
      Parameters<typeof official.toSearch>,
    ],
    [
      SearchArguments<ours.SearchLike>,
      SearchArguments<official.SearchLike>,
      [input: ours.SearchLike],
      [input: official.SearchLike],
    ]
  >
>;
export type SearchLikes = Assert<
  PairwiseSame<
    [ours.SearchLike, official.SearchLike],
    [ours.Search | ours.SearchInit, official.Search | official.SearchInit]
  >
>;
export type SearchReturns = Assert<Same<Method<Collection, "search">["result"], ours.SearchResult>>;
/** What was selected are names; the official type shows the server's inside of them. */
export type SearchResults = Assert<
  Same<Omit<ours.SearchResult, "select">, Omit<official.SearchResult, "select">>
>;
export type SearchResultKeys = Assert<Same<keyof ours.SearchResult, keyof official.SearchResult>>;
export type SearchRows = Assert<Same<ours.SearchResultRow, official.SearchResultRow>>;
export type SearchSelected = Assert<Same<ours.SearchResult["select"], string[][]>>;

// ---- Schemas --------------------------------------------------------------------------------------

type SchemaClasses =
  | "ValueTypes" | "StringValueType" | "IntValueType" | "FloatValueType" | "BoolValueType"
  | "FtsIndexType" | "StringInvertedIndexType" | "IntInvertedIndexType" | "FloatInvertedIndexType" | "BoolInvertedIndexType"
  | "FtsIndexConfig" | "StringInvertedIndexConfig" | "IntInvertedIndexConfig" | "FloatInvertedIndexConfig"
  | "BoolInvertedIndexConfig" | "SparseVectorValueType" | "SparseVectorIndexType" | "SparseVectorIndexConfig"
  | "FloatListValueType" | "VectorIndexType" | "VectorIndexConfig";

type Instances<Library extends Record<SchemaClasses, new (...args: never) => unknown>> = {
  [K in SchemaClasses]: InstanceType<Library[K]>;
};

/** Those with functions for vectors are compared once typed arrays are set aside. */
export type SchemaInstances = Assert<
  Same<
    { [K in SchemaClasses]: Narrow<Instances<typeof ours>[K]> },
    { [K in SchemaClasses]: Narrow<Instances<typeof official>[K]> }
  >
>;
export type SchemaInstanceKeys = Assert<
  Same<
    { [K in SchemaClasses]: keyof Instances<typeof ours>[K] },
    { [K in SchemaClasses]: keyof Instances<typeof official>[K] }
  >
>;
export type SchemaInstancesTaken = Assert<
  { [K in SchemaClasses]: Fits<Instances<typeof official>[K], Instances<typeof ours>[K]> }[SchemaClasses]
>;
export type ConfigOptions = Assert<
  Same<
    [Narrow<ours.VectorIndexConfigOptions>, ours.SparseVectorIndexConfigOptions, keyof ours.VectorIndexConfigOptions],
    [Narrow<official.VectorIndexConfigOptions>, official.SparseVectorIndexConfigOptions, keyof official.VectorIndexConfigOptions]
  >
>;
export type ConfigOptionsTaken = Assert<Fits<official.VectorIndexConfigOptions, ours.VectorIndexConfigOptions>>;
export type Configs = Assert<Same<Narrow<ours.IndexConfig>, Narrow<official.IndexConfig>>>;

export type SchemaMembers = Assert<Same<keyof ours.Schema, keyof official.Schema>>;
export type SchemaMakers = Assert<
  PairwiseSame<
    [
      ConstructorParameters<typeof ours.Schema>,
      Parameters<ours.Schema["createIndex" | "deleteIndex"]>[1],
      Narrow<NonNullable<Parameters<ours.Schema["createIndex" | "deleteIndex"]>[0]>>,
      ReturnType<ours.Schema["resolveEmbeddingFunction"]>,
      keyof ReturnType<ours.Schema["serializeToJSON"]>,
    ],
    [
      ConstructorParameters<typeof official.Schema>,
      Parameters<official.Schema["createIndex" | "deleteIndex"]>[1],
      Narrow<NonNullable<Parameters<official.Schema["createIndex" | "deleteIndex"]>[0]>>,
      ReturnType<official.Schema["resolveEmbeddingFunction"]>,
      keyof ReturnType<official.Schema["serializeToJSON"]>,
    ]
  >
>;
export type CmekMembers = Assert<Same<keyof ours.Cmek, keyof official.Cmek>>;
export type CmekMakers = Assert<Fits<keyof typeof official.Cmek, keyof typeof ours.Cmek>>;
export type SchemaConstants = Assert<
  Same<
    [typeof ours.DOCUMENT_KEY, typeof ours.EMBEDDING_KEY, `${ours.CmekProvider}`, keyof typeof ours.CmekProvider],
    [typeof official.DOCUMENT_KEY, typeof official.EMBEDDING_KEY, `${official.CmekProvider}`, keyof typeof official.CmekProvider]
  >
>;

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
type Later = "CloudClient" | "AdminCloudClient" | "withChroma";

export type Exports = Assert<Fits<Missing, Later>>;
