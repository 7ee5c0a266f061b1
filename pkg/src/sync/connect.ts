/** Finding the two ends of a link, or making them. */

import type { CollectionJson, Engine } from "../engine/engine.js";
import { ChromaNotFoundError } from "../errors.js";
import { LinkPausedError } from "./errors.js";
import type { RemoteCollectionInfo, RemoteDatabase } from "./remote.js";

/** Metadata that configures a collection in Chroma's older way. */
const LEGACY_PREFIX = "hnsw:";

/** The remote collection of a link. One that is missing is made like the local one, unless it was there before or is only read. */
export async function findRemote(
  database: RemoteDatabase,
  name: string,
  known: string | undefined,
  local: CollectionJson | undefined,
): Promise<RemoteCollectionInfo> {
  const found = await database.find(name);
  if (known !== undefined && found?.id !== known) {
    const what = found ? "is another one than before" : "is gone";
    throw new LinkPausedError(
      "relink-required",
      `The remote collection '${name}' ${what}. Call resolve("adoptRemote") to take what is there now, resolve("pushLocal") to write what is here, or resolve("merge").`,
    );
  }
  if (found) {
    return found;
  }
  if (!local) {
    throw new ChromaNotFoundError(`There is no collection '${name}' at ${database.transport.origin}`);
  }
  return database.ensure(name, creationOf(local));
}

/** A schema says everything; but not every server knows schemas, and with metadata that configures it is refused. */
function creationOf({ metadata, configuration_json }: CollectionJson): object {
  const isLegacy = Object.keys(metadata ?? {}).some((key) => key.startsWith(LEGACY_PREFIX));
  return isLegacy ? { metadata } : { ...(metadata && { metadata }), configuration: configuration_json };
}

/** The local collection of a link, by its name; made like the remote one if it is missing. */
export async function ensureLocal(
  engine: Engine,
  tenant: string,
  database: string,
  name: string,
  remote: () => Promise<RemoteCollectionInfo | undefined>,
): Promise<CollectionJson> {
  const existing = await engine.getCollection(tenant, database, name).catch((error: unknown) => {
    if ((error as { code?: number }).code === 404 || error instanceof ChromaNotFoundError) {
      return undefined;
    }
    throw error;
  });
  if (existing) {
    return existing;
  }
  const like = await remote();
  if (!like) {
    throw new ChromaNotFoundError(`There is no collection '${name}', neither here nor at the remote`);
  }
  const configuration = JSON.parse(like.configuration) as object | null;
  return engine.createCollection(tenant, database, { name, get_or_create: true, ...(configuration && { configuration }) });
}

/** Whether a collection compares directions only, so that the remote may keep embeddings at another length. */
export function isNormalised({ configuration }: RemoteCollectionInfo): boolean {
  const { hnsw, spann } = (JSON.parse(configuration) ?? {}) as Record<"hnsw" | "spann", { space?: string } | null | undefined>;
  return (hnsw ?? spann)?.space === "cosine";
}
