/** Deletions and replicas as they are noted in the sidecar: a collection beside the remote one. */

import type { Context } from "./context.js";
import { compareVersions, KEYS, type Version, writeMarks } from "./records.js";
import { outgoingMetadata, type RemoteCollection } from "./remote.js";
import { pages, type ShadowRow } from "./replica.js";

/** What the sidecar of a collection is called. */
export function sidecarName(collection: string): string {
  return `${collection}.__cid`;
}

const TOMBSTONE = "t:";
const REPLICA = "r:";
const EPOCH = "epoch";
const NOTHING = Float32Array.of(0);

/** Records that are deleted, with the versions of their deletion. */
export interface Tombstone {
  id: string;
  version: Version;
}

/** Deletions that are noted of these records, and later than what is known of them: who writes a record again leaves the note of its deletion behind. */
export async function findTombstones(
  { sidecar, sizes }: Context,
  rows: readonly Pick<ShadowRow, "id" | "version">[],
): Promise<Map<string, Version>> {
  const known = new Map(rows.map(({ id, version }) => [id, version]));
  const found = new Map<string, Version>();
  for (const some of sidecar ? pages([...known.keys()], sizes.batch) : []) {
    const notes = await sidecar?.get({ ids: some.map((id) => TOMBSTONE + id), include: ["metadatas"] });
    for (const { id: note, marks } of notes ?? []) {
      const id = note.slice(TOMBSTONE.length);
      const version = known.get(id);
      if (marks && !(version && compareVersions(marks, version) <= 0)) {
        found.set(id, marks);
      }
    }
  }
  return found;
}

/** Deletions that were noted between two push stamps, at most `limit` of them. */
export async function tombstonesBetween(
  sidecar: RemoteCollection,
  where: object,
  limit: number | undefined,
): Promise<(Tombstone & { sent: number })[]> {
  const rows = await sidecar.get({ where, include: ["metadatas"], ...(limit !== undefined && { limit }) });
  return rows.flatMap(({ id, marks }) =>
    marks && id.startsWith(TOMBSTONE) ? [{ id: id.slice(TOMBSTONE.length), version: marks, sent: marks.sent }] : [],
  );
}

/** Notes deletions, before they are made. */
export async function writeTombstones({ sidecar, clock, sizes }: Context, tombstones: readonly Tombstone[]): Promise<void> {
  for (const some of sidecar ? pages(tombstones, sizes.batch) : []) {
    await sidecar?.upsert(
      some.map(({ id, version }) => ({
        id: TOMBSTONE + id,
        document: null,
        uri: null,
        metadata: outgoingMetadata(new Map(), writeMarks({ ...version, sent: clock.stamp(), digest: "-" }), []),
        embedding: NOTHING,
      })),
    );
  }
}

/** Forgets deletions that every replica has seen, or that are too old to matter. */
export async function deleteTombstones({ sidecar, sizes }: Context, ids: readonly string[]): Promise<void> {
  for (const some of sidecar ? pages(ids, sizes.batch) : []) {
    await sidecar?.delete(some.map((id) => TOMBSTONE + id));
  }
}

/** What the sidecar says of the collection and of a replica. */
export interface Presence {
  epoch: string | undefined;
  /** How many rounds of this replica have written something, as far as the remote knows. */
  written: number | undefined;
}

export async function readPresence(sidecar: RemoteCollection, replica: string): Promise<Presence> {
  const rows = await sidecar.get({ ids: [EPOCH, REPLICA + replica], include: ["documents"] });
  const document = (id: string): string | null | undefined => rows.find((row) => row.id === id)?.document;
  const written = document(REPLICA + replica);
  return { epoch: document(EPOCH) ?? undefined, written: written == null ? undefined : Number(written) };
}

export async function writePresence(sidecar: RemoteCollection, replica: string, { epoch, written }: Presence): Promise<void> {
  const rows = [
    ...(epoch === undefined ? [] : [[EPOCH, epoch] as const]),
    ...(written === undefined ? [] : [[REPLICA + replica, String(written)] as const]),
  ];
  await sidecar.upsert(
    rows.map(([id, document]) => ({ id, document, uri: null, metadata: `{"${KEYS.version}":1}`, embedding: NOTHING })),
  );
}
