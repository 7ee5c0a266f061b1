/** One generation of a snapshot, and which of them are believed. */

import type { BlockCache } from "./cache.js";
import { SnapshotRollbackError } from "./errors.js";
import { sha256Hex } from "./hex.js";
import type { ManifestJson, SnapshotModule } from "./module.js";
import { verify } from "./signing.js";

/** An opened manifest. Reads that have begun go on with it when a newer one takes its place. */
export interface Generation {
  handle: number;
  manifest: ManifestJson;
  /** SHA-256 of the manifest's file. */
  digest: string;
}

/** Generations are counted for each name and key, or for each address where nothing is signed. */
export interface Trust {
  url: string;
  key: string | undefined;
}

/** The newest generation that was seen, as it is kept. */
interface Seen {
  generation: number;
  digest: string;
}

/** Opens a manifest that may be believed: signed with the key, and not older than what was seen. */
export async function believe(
  module: SnapshotModule,
  file: Uint8Array<ArrayBuffer>,
  trust: Trust,
  cache: BlockCache,
): Promise<Generation> {
  const { handle, manifest } = module.open(file);
  try {
    if (trust.key !== undefined) {
      await verify(trust.key, manifest.signature, file.slice(0, manifest.signedBytes));
    }
    const digest = await sha256Hex(file);
    await remember(manifest, digest, trust, cache);
    return { handle, manifest, digest };
  } catch (error) {
    module.close(handle);
    throw error;
  }
}

async function remember(manifest: ManifestJson, digest: string, trust: Trust, cache: BlockCache): Promise<void> {
  const name = await seenName(manifest, trust);
  const stored = await cache.get(name);
  const seen = stored && (JSON.parse(new TextDecoder().decode(stored)) as Seen);
  const { generation } = manifest;
  if (seen && generation < seen.generation) {
    throw new SnapshotRollbackError(
      `generation ${String(generation)} of the snapshot is older than generation ${String(seen.generation)}, which was seen before: ` +
        "the host, or somebody on the way, answers with an old manifest",
    );
  }
  if (seen && generation === seen.generation && digest !== seen.digest) {
    throw new SnapshotRollbackError(`there are two manifests of generation ${String(generation)}: the snapshot was published twice`);
  }
  if (!seen || generation > seen.generation) {
    const now: Seen = { generation, digest };
    await cache.put(name, new TextEncoder().encode(JSON.stringify(now)));
  }
}

async function seenName({ name }: ManifestJson, { url, key }: Trust): Promise<string> {
  const of = new TextEncoder().encode(key === undefined ? `url ${url}` : `key ${key} ${name}`);
  return `seen-${await sha256Hex(of)}`;
}
