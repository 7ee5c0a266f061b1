/** Configuration of a collection: what users write, and what is sent. */

import { getDefaultEFConfig, getEmbeddingFunction, serializeEmbeddingFunction } from "./embedding/registry.js";
import type {
  EmbeddingFunction,
  EmbeddingFunctionClient,
  EmbeddingFunctionConfiguration,
  EmbeddingFunctionSpace,
} from "./embedding/types.js";
import { ChromaValueError } from "./errors.js";
import type { Schema } from "./schema/schema.js";
import type { CollectionMetadata, Vector } from "./types.js";

/** HNSW parameters. */
export interface HNSWConfiguration {
  space?: EmbeddingFunctionSpace | null;
  ef_construction?: number | null;
  ef_search?: number | null;
  max_neighbors?: number | null;
  resize_factor?: number | null;
  sync_threshold?: number | null;
  batch_size?: number | null;
  num_threads?: number | null;
}

/** SPANN parameters. */
export interface SpannConfiguration {
  space?: EmbeddingFunctionSpace | null;
  ef_construction?: number | null;
  ef_search?: number | null;
  max_neighbors?: number | null;
  merge_threshold?: number | null;
  reassign_neighbor_count?: number | null;
  search_nprobe?: number | null;
  split_threshold?: number | null;
  write_nprobe?: number | null;
}

/** How a collection is indexed. */
export interface CollectionConfiguration {
  embeddingFunction?: EmbeddingFunctionConfiguration | null;
  hnsw?: HNSWConfiguration | null;
  spann?: SpannConfiguration | null;
}

/** Configuration of a new collection. */
export type CreateCollectionConfiguration = Omit<CollectionConfiguration, "embeddingFunction"> & {
  embeddingFunction?: EmbeddingFunction<Vector>;
};

/** The HNSW parameters that may change. */
export interface UpdateHNSWConfiguration {
  batch_size?: number;
  ef_search?: number;
  num_threads?: number;
  resize_factor?: number;
  sync_threshold?: number;
}

/** The SPANN parameters that may change. */
export interface UpdateSPANNConfiguration {
  search_nprobe?: number;
  ef_search?: number;
}

/** Changes to a collection's configuration. */
export interface UpdateCollectionConfiguration {
  embeddingFunction?: EmbeddingFunction<Vector>;
  hnsw?: UpdateHNSWConfiguration;
  spann?: UpdateSPANNConfiguration;
}

/** The configuration that a creation sends: the user's, with the function and the distance it prefers. */
export async function processCreateCollectionConfig({
  configuration,
  embeddingFunction,
  metadata,
  schema,
}: {
  configuration?: CreateCollectionConfiguration;
  embeddingFunction?: EmbeddingFunction<Vector> | null;
  metadata?: CollectionMetadata;
  schema?: Schema;
}): Promise<CollectionConfiguration> {
  if (configuration?.hnsw && configuration.spann) {
    throw new ChromaValueError("Cannot specify both HNSW and SPANN configurations");
  }
  const { embeddingFunction: configured, ...indexes } = configuration ?? {};
  const serialized = serializeEmbeddingFunction({
    embeddingFunction: embeddingFunction ?? undefined,
    configEmbeddingFunction: configured,
  });
  const isChosen = embeddingFunction === null || schema?.resolveEmbeddingFunction() !== undefined;
  const embedding_function = serialized ?? (isChosen ? undefined : await getDefaultEFConfig());
  const ef = embeddingFunction ?? configured;
  const processed = ef ? chooseSpace(indexes, ef, metadata) : indexes;
  return { ...processed, embedding_function } as CollectionConfiguration;
}

type Indexes = Pick<CollectionConfiguration, "hnsw" | "spann">;

/** Fills in the function's own distance where the user named none, and warns of one it does not support. */
function chooseSpace(
  { ...indexes }: Indexes,
  ef: EmbeddingFunction<Vector>,
  metadata: CollectionMetadata | undefined,
): Indexes {
  if (!ef.defaultSpace || !ef.supportedSpaces) {
    return indexes;
  }
  const legacy = metadata?.["hnsw:space"];
  if (indexes.hnsw === undefined && indexes.spann === undefined && legacy === undefined) {
    indexes.hnsw = {};
  }
  const supported = ef.supportedSpaces();
  for (const index of ["hnsw", "spann"] as const) {
    const parameters = indexes[index];
    if (parameters) {
      const space = parameters.space || ef.defaultSpace();
      indexes[index] = { ...parameters, space };
      warnOfSpace(space, "", ef, supported);
    }
  }
  if (!indexes.hnsw && !indexes.spann && typeof legacy === "string") {
    warnOfSpace(legacy, " from metadata", ef, supported);
  }
  return indexes;
}

function warnOfSpace(
  space: string,
  origin: string,
  ef: EmbeddingFunction<Vector>,
  supported: readonly EmbeddingFunctionSpace[],
): void {
  if (!(supported as readonly string[]).includes(space)) {
    // eslint-disable-next-line no-console -- the official client warns here
    console.warn(
      `Space '${space}'${origin} is not supported by embedding function '${ef.name || "unknown"}'. ` +
        `Supported spaces: ${supported.join(", ")}`,
    );
  }
}

/** The changes that a modification sends, in the shape of the REST API. */
export interface UpdateConfigurationJson {
  hnsw?: UpdateHNSWConfiguration;
  spann?: UpdateSPANNConfiguration;
  embedding_function?: EmbeddingFunctionConfiguration;
}

/** What a modification sends; the collection's present function may object to the new one. */
export async function processUpdateCollectionConfig({
  currentConfiguration,
  currentEmbeddingFunction,
  newConfiguration,
  client,
}: {
  collectionName: string;
  currentConfiguration: CollectionConfiguration;
  currentEmbeddingFunction?: EmbeddingFunction<Vector>;
  newConfiguration: UpdateCollectionConfiguration;
  client: EmbeddingFunctionClient;
}): Promise<{ updateConfiguration?: UpdateConfigurationJson; updateEmbeddingFunction?: EmbeddingFunction }> {
  const { hnsw, spann, embeddingFunction } = newConfiguration;
  if (hnsw && typeof hnsw !== "object") {
    throw new ChromaValueError("Invalid HNSW config provided in UpdateCollectionConfiguration");
  }
  if (spann && typeof spann !== "object") {
    throw new ChromaValueError("Invalid SPANN config provided in UpdateCollectionConfiguration");
  }
  const current =
    currentEmbeddingFunction ??
    (await getEmbeddingFunction({ client, efConfig: currentConfiguration.embeddingFunction ?? undefined }));
  if (embeddingFunction?.getConfig) {
    current?.validateConfigUpdate?.(embeddingFunction.getConfig());
  }
  return {
    updateConfiguration: {
      hnsw,
      spann,
      embedding_function: embeddingFunction && serializeEmbeddingFunction({ embeddingFunction }),
    },
    updateEmbeddingFunction: embeddingFunction as EmbeddingFunction | undefined,
  };
}
