/** Publishing a collection: its packs, then the manifest that names them. */

import type { Collection } from "../collection-api.js";
import { ChromaValueError } from "../errors.js";
import { stringifyExact } from "../json-text.js";
import { serializeMetadata } from "../metadata.js";
import { MemoryCache } from "./cache.js";
import { SnapshotCorruptError, SnapshotVersionError } from "./errors.js";
import { believe, type Generation } from "./generation.js";
import { toHex } from "./hex.js";
import { snapshotModule, type SnapshotModule } from "./module.js";
import { Reader } from "./reader.js";
import { publicKeyOf, sign } from "./signing.js";
import { PACKS, type Source } from "./source.js";
import { FolderTarget, PutTarget, type SnapshotTarget, TargetSource } from "./target.js";

/** Options of {@link publish}. */
export interface PublishOptions {
  /** Where to: a folder, an address below which files are PUT, or what puts files elsewhere. */
  target: SnapshotTarget | FileSystemDirectoryHandle | string | URL;
  /** Name of the manifest without `.cidm`; default the collection's. */
  name?: string;
  /** Signs the manifest (`generateSnapshotKey`). Without it readers know that it is whole, not whose it is. */
  key?: CryptoKeyPair;
  /** Headers of requests to an address: an authorisation, say. */
  headers?: HeadersInit;
  /** Writes everything, whatever is there and whoever has signed it. */
  rewrite?: boolean;
  /** Records that were read. */
  onProgress?: (progress: { records: number; of: number }) => void;
  signal?: AbortSignal;
}

/** What was published. */
export interface Publication {
  /** The manifest's file. */
  manifest: string;
  generation: number;
  records: number;
  /** How it differs from what was there: nothing changed, changes were put over it, or everything was written. */
  kind: "unchanged" | "changes" | "all";
  /** Packs that were written, and their bytes. */
  packs: number;
  bytes: number;
}

/** Records that are asked of the collection at once. */
const PAGE = 1_000;

/** Packs that are written at a time. */
const PARALLEL = 4;

/** How often all records are read again if some were written meanwhile. */
const READINGS = 3;

/**
 * Writes a collection as a snapshot, as it was at one moment. What was published there before is only added to, so that it can still be read. A remote
 * Chroma that does not tell of writes must not be written to meanwhile.
 */
export async function publish(collection: Collection, options: PublishOptions): Promise<Publication> {
  const module = await snapshotModule();
  const file = `${options.name ?? collection.name}.cidm`;
  const { target, source } = targetOf(options, file);
  const old = source && (await previous(module, source, file, options));
  try {
    return await publishOver(module, collection, options, file, target, source && old ? { source, generation: old } : undefined);
  } finally {
    if (old) {
      module.close(old.handle);
    }
  }
}

function targetOf({ target, headers }: PublishOptions, file: string): { target: SnapshotTarget; source: Source | undefined } {
  if (typeof target === "string" || target instanceof URL) {
    const place = new PutTarget(new URL(target), headers);
    return { target: place, source: place.source(file) };
  }
  const place = "getFileHandle" in target ? new FolderTarget(target) : target;
  const get = place.get?.bind(place);
  return { target: place, source: get && new TargetSource(get, file) };
}

/** The generation that is there, if there is one. */
async function previous(
  module: SnapshotModule,
  source: Source,
  url: string,
  { key, rewrite = false }: PublishOptions,
): Promise<Generation | undefined> {
  const manifest = await source.manifest();
  if (!manifest) {
    return undefined;
  }
  try {
    // Of what is not built upon only the generation is taken, whoever has signed it.
    const trusted = key && !rewrite ? await publicKeyOf(key) : undefined;
    return await believe(module, manifest, { url, key: trusted }, new MemoryCache(0));
  } catch (error) {
    if (error instanceof SnapshotCorruptError || error instanceof SnapshotVersionError) {
      throw new ChromaValueError(`${url} is there and is no snapshot that can be published over (${error.message}): remove it first`);
    }
    throw error;
  }
}

async function publishOver(
  module: SnapshotModule,
  collection: Collection,
  options: PublishOptions,
  file: string,
  target: SnapshotTarget,
  old: { source: Source; generation: Generation } | undefined,
): Promise<Publication> {
  const generation = (old?.generation.manifest.generation ?? 0) + 1;
  const builder = await gather(module, collection, options, generation, old?.generation.manifest.epoch);
  try {
    const made = old && !options.rewrite ? await buildOver(module, builder, old) : "rewrite";
    if (old && made === "unchanged") {
      const { count: records } = old.generation.manifest;
      return { manifest: file, generation: generation - 1, records, kind: "unchanged", packs: 0, bytes: 0 };
    }
    if (made === "rewrite") {
      module.buildPacks(builder);
    }
    const written = await putPacks(module, builder, target, options.signal);
    const { key } = options;
    const manifest = await module.manifest(builder, key && ((bytes) => sign(key, bytes)));
    options.signal?.throwIfAborted();
    await target.put(file, manifest);
    const { count } = module.built(builder);
    return { manifest: file, generation, records: count, kind: made === "rewrite" ? "all" : "changes", ...written };
  } finally {
    module.endBuilder(builder);
  }
}

async function buildOver(
  module: SnapshotModule,
  builder: number,
  { source, generation }: { source: Source; generation: Generation },
): Promise<"packs" | "unchanged" | "rewrite"> {
  const contents = module.startContents(generation.handle);
  try {
    const reader = new Reader({ module, source, cache: new MemoryCache(0) });
    await reader.finish(generation, contents, { maxBytes: Infinity, maxRequests: Infinity });
    return module.buildPacks(builder, { snapshot: generation.handle, contents });
  } finally {
    module.end(contents);
  }
}

/** Reads all records into the module, as they were at one moment. */
async function gather(
  module: SnapshotModule,
  collection: Collection,
  options: PublishOptions,
  generation: number,
  epoch: string = toHex(crypto.getRandomValues(new Uint8Array(16))),
): Promise<number> {
  for (let readings = 1; ; readings++) {
    const before = await writesTo(collection);
    const builder = await gatherOnce(module, collection, options, generation, epoch);
    if (before === (await writesTo(collection))) {
      return builder;
    }
    module.endBuilder(builder);
    if (readings === READINGS) {
      throw new ChromaValueError("The collection is being written to, and was not the same for as long as it takes to read it: publish it when it rests");
    }
  }
}

/** How many operations the collection has seen; undefined where nobody tells: Chroma's single node does not. */
async function writesTo(collection: Collection): Promise<number | undefined> {
  try {
    return (await collection.getIndexingStatus()).total_ops;
  } catch {
    return undefined;
  }
}

async function gatherOnce(
  module: SnapshotModule,
  collection: Collection,
  { onProgress, signal }: PublishOptions,
  generation: number,
  epoch: string,
): Promise<number> {
  const of = await collection.count();
  let builder: number | undefined;
  try {
    for (let offset = 0; offset === 0 || offset < of; offset += PAGE) {
      signal?.throwIfAborted();
      const page = await collection.get({ limit: PAGE, offset, include: ["documents", "embeddings", "metadatas", "uris"] });
      const dimension = page.embeddings[0]?.length ?? 1;
      builder ??= module.newBuilder({ ...identityOf(collection), generation, epoch, dimension });
      const records = page.ids.map((id, at) => ({
        id,
        document: page.documents[at] ?? undefined,
        uri: page.uris[at] ?? undefined,
        metadata: page.metadatas[at] ? serializeMetadata(page.metadatas[at], "drop") : undefined,
      }));
      module.addRecords(builder, stringifyExact(records), Float32Array.from(page.embeddings.flat()));
      onProgress?.({ records: Math.min(of, offset + page.ids.length), of });
    }
    if (builder === undefined) {
      throw new ChromaValueError("The collection gave no records");
    }
    return builder;
  } catch (error) {
    if (builder !== undefined) {
      module.endBuilder(builder);
    }
    throw error;
  }
}

function identityOf(collection: Collection): { name: string; collection: string; space: string } {
  const { name, metadata, configuration } = collection;
  const space = configuration.hnsw?.space ?? configuration.spann?.space ?? "l2";
  return { name, collection: stringifyExact({ metadata: metadata ?? null, configuration }), space };
}

async function putPacks(
  module: SnapshotModule,
  builder: number,
  target: SnapshotTarget,
  signal: AbortSignal | undefined,
): Promise<{ packs: number; bytes: number }> {
  const written = { packs: 0, bytes: 0 };
  const packs = module.packs(builder);
  const lane = async (): Promise<void> => {
    for (let next = packs.next(); !next.done; next = packs.next()) {
      signal?.throwIfAborted();
      const { name, bytes } = next.value;
      await target.put(PACKS + name, bytes);
      written.packs += 1;
      written.bytes += bytes.length;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  return written;
}
