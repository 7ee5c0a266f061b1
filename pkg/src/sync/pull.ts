/** What others have written to the remote, on its way here. */

import { agreed, agreedDeletion, type Context, Decisions, noteOwn, pushes, versionOf } from "./context.js";
import { resolve } from "./conflicts.js";
import {
  compareVersions,
  contentDigest,
  FOREIGN,
  isSameEmbedding,
  KEYS,
  type RemoteRecord,
  type SyncedRecord,
  writeMarks,
} from "./records.js";
import { outgoingMetadata, WHOLE } from "./remote.js";
import { pages, type ShadowRow } from "./replica.js";
import { PER_MILLISECOND, stampOf, UNKNOWN_EDIT } from "./stamps.js";
import { type Tombstone, tombstonesBetween } from "./tombstones.js";

/** How far each pull goes back behind the one before, in stamps: a request may arrive as late as its deadline, and clocks are not exact. */
const OVERLAP = 60_000 * PER_MILLISECOND;

/** What was written within the last second may still be followed by an earlier stamp. */
const SETTLING = 1000 * PER_MILLISECOND;

/** From where pulls go on after everything was read, beginning at this time. */
export function watermarkAt(milliseconds: number): number {
  return stampOf(milliseconds) - OVERLAP;
}

/** The row of a record that nothing is known about. */
export function unknownRow(id: string): ShadowRow {
  return {
    id,
    edited: undefined,
    version: undefined,
    digest: undefined,
    embedding: undefined,
    exact: undefined,
    isGone: false,
    isPresent: false,
    isToRepair: false,
    away: undefined,
    refusal: undefined,
    base: undefined,
  };
}

/** Takes in what was stamped after `watermark`; answers from where the next pull goes on. */
export async function pull(context: Context, watermark: number): Promise<number> {
  const until = stampOf(context.clock.now()) - SETTLING;
  if (until <= watermark) {
    return watermark;
  }
  await eachRange(context.sizes.range, watermark, until, async (where, limit) => {
    const rows = await context.remote.get({ where, include: ["metadatas"], ...(limit !== undefined && { limit }) });
    return {
      stamps: rows.map(({ marks }) => marks?.sent ?? watermark),
      apply: () => applyChanged(context, rows),
    };
  });
  const { sidecar } = context;
  if (sidecar) {
    await eachRange(context.sizes.range, watermark, until, async (where, limit) => {
      const tombstones = await tombstonesBetween(sidecar, where, limit);
      return {
        stamps: tombstones.map(({ sent }) => sent),
        apply: () => applyTombstones(context, tombstones),
      };
    });
  }
  return Math.max(watermark, until - OVERLAP);
}

/**
 * Reads a range of push stamps in requests that answer all they were asked for: one that does not is cut in two, at the median of the stamps that came. So
 * nothing is passed over, whatever is deleted meanwhile.
 */
async function eachRange(
  limit: number,
  low: number,
  high: number,
  read: (where: object, limit: number | undefined) => Promise<{ stamps: number[]; apply: () => Promise<void> }>,
): Promise<void> {
  const where = { $and: [{ [KEYS.sent]: { $gt: low } }, { [KEYS.sent]: { $lte: high } }] };
  // What has one stamp cannot be cut: nobody who keeps the rules writes much of it, but records can be copied with theirs.
  const isOneStamp = high - low <= 1;
  const { stamps, apply } = await read(where, isOneStamp ? undefined : limit + 1);
  if (isOneStamp || stamps.length <= limit) {
    await apply();
    return;
  }
  stamps.sort((a, b) => a - b);
  const median = Math.min(stamps[Math.floor(stamps.length / 2)] ?? low, high - 1);
  const middle = median > low ? median : Math.floor((low + high) / 2);
  await eachRange(limit, low, middle, read);
  await eachRange(limit, middle, high, read);
}

/** Of records as their metadata shows them, fetches those that have changed. */
async function applyChanged(context: Context, records: readonly RemoteRecord[]): Promise<void> {
  const rows = await context.replica.rows(records.map(({ id }) => id));
  const changed = records.filter(({ id, marks }) => !marks || !isKnown(rows.get(id), marks));
  for (const some of pages(changed, context.sizes.page)) {
    await fetchAndApply(context, some.map(({ id }) => id));
    context.step();
  }
}

function isKnown(row: ShadowRow | undefined, marks: { stamp: number; replica: string; digest: string }): boolean {
  return row?.version?.stamp === marks.stamp && row.version.replica === marks.replica && row.digest === marks.digest && !row.isGone;
}

/** Takes in records by their ids; with `deep`, what differs in the embedding alone too. Those of them that a partial link does not hold leave. */
export async function fetchAndApply(context: Context, ids: readonly string[], deep = false): Promise<void> {
  const { where } = context;
  const records = await context.remote.get({ ids, include: WHOLE, ...(where && { where }) });
  await applyContents(context, records, deep);
  if (where) {
    await leave(context, ids, new Set(records.map(({ id }) => id)));
  }
}

/** Drops records that do not match any more. They are not deleted anywhere else. */
async function leave(context: Context, ids: readonly string[], matching: ReadonlySet<string>): Promise<void> {
  const rows = await context.replica.rows(ids.filter((id) => !matching.has(id)));
  const decisions = new Decisions(context);
  for (const row of rows.values()) {
    if (row.isPresent && row.edited === undefined) {
      decisions.take(row, null, null);
    }
  }
  await decisions.commit();
}

/** Takes in whole records as the remote has them. With `deep`, what differs in the embedding alone too. */
export async function applyContents(context: Context, records: readonly RemoteRecord[], deep = false): Promise<void> {
  if (records.length === 0) {
    return;
  }
  const rows = await context.replica.rows(records.map(({ id }) => id));
  const edited = [...rows.values()].filter((row) => row.edited !== undefined).map(({ id }) => id);
  const locals = await context.replica.records(deep ? records.map(({ id }) => id) : edited);
  const decisions = new Decisions(context);
  const adopted: RemoteRecord[] = [];
  for (const remote of records) {
    const row = rows.get(remote.id) ?? unknownRow(remote.id);
    await applyContent(context, { row, remote, local: locals.get(remote.id), deep }, decisions);
    if (context.adopt && remote.marks?.digest !== contentDigest(remote) && row.edited === undefined) {
      adopted.push(remote);
    }
  }
  await decisions.commit();
  await adopt(context, adopted);
}

interface Arrival {
  row: ShadowRow;
  remote: RemoteRecord;
  /** Looked up where it matters. */
  local: SyncedRecord | undefined;
  deep: boolean;
}

async function applyContent(context: Context, { row, remote, local, deep }: Arrival, decisions: Decisions): Promise<void> {
  const digest = contentDigest(remote);
  const marked = remote.marks?.digest === digest ? remote.marks : undefined;
  if (pushes(context) && marked && row.version && compareVersions(marked, row.version) < 0) {
    // Somebody who did not know of it has written over a later version.
    decisions.keep(row, { edited: row.edited ?? UNKNOWN_EDIT, isToRepair: true });
    return;
  }
  if (row.isPresent && row.digest === digest && !(marked && row.version && compareVersions(marked, row.version) > 0)) {
    const isOther = deep && local?.embedding && remote.embedding && !isSameEmbedding(local.embedding, remote.embedding, context.isNormalised);
    if (!isOther || row.edited !== undefined) {
      if (!remote.marks && row.version && row.version.replica !== FOREIGN) {
        // It has lost its marks, and nothing else: noted, so that it is not looked at again and again.
        decisions.keep(row, { version: { stamp: row.version.stamp, replica: FOREIGN } });
      }
      return;
    }
  }
  if (row.edited === undefined) {
    decisions.take(row, remote, agreed(context, remote, versionOf(context, remote, digest)));
    return;
  }
  await applyToEdited(context, { row, remote, local, deep }, decisions);
}

/** The local record was edited too. Where edits are pushed that decides, but for what turns out to be the same. */
async function applyToEdited(context: Context, { row, remote, local }: Arrival, decisions: Decisions): Promise<void> {
  const digest = contentDigest(remote);
  const version = versionOf(context, remote, digest);
  const isSame =
    local?.embedding &&
    remote.embedding &&
    contentDigest(local) === digest &&
    isSameEmbedding(local.embedding, remote.embedding, context.isNormalised);
  if (isSame) {
    decisions.keep(row, agreed(context, local, version));
    return;
  }
  if (pushes(context)) {
    return;
  }
  const mine = { stamp: Math.max(context.clock.ofEdit(row.edited ?? 0), (row.version?.stamp ?? 0) + 1), replica: context.name };
  const outcome = await resolve(context.policy, { version: mine, record: local ?? null }, { version, record: remote }, row.base);
  context.progress.conflicts += 1;
  if (outcome === "local") {
    // It stays as it is here, and is seen again when the remote changes again.
    decisions.keep(row, { version, digest, isPresent: true, isGone: false });
    context.decided(row.id, "local");
    return;
  }
  const record = outcome === "remote" ? remote : outcome.record;
  decisions.lose("local", row.id, mine, local ?? null);
  decisions.take(row, record, { ...agreed(context, remote, version), ...(record && record !== remote && { edited: row.edited }) });
  context.decided(row.id, outcome === "remote" ? "remote" : "merged");
}

/** Marks records of foreign writers, so that later changes of theirs are told by the marks. */
async function adopt(context: Context, records: readonly RemoteRecord[]): Promise<void> {
  if (records.length === 0 || !pushes(context)) {
    return;
  }
  const rows = await context.replica.rows(records.map(({ id }) => id));
  const outgoing = records.flatMap((record) => {
    const version = rows.get(record.id)?.version;
    const digest = contentDigest(record);
    return version
      ? [{ id: record.id, document: null, uri: null, metadata: outgoingMetadata(new Map(), writeMarks({ ...version, sent: context.clock.stamp(), digest }), []) }]
      : [];
  });
  for (const some of pages(outgoing, context.sizes.batch)) {
    noteOwn(context, await context.remote.update(some));
    context.progress.operations += some.length;
  }
}

/** Takes in deletions. A later edit of the record, here or on its way, undoes one. */
async function applyTombstones(context: Context, tombstones: readonly Tombstone[]): Promise<void> {
  const rows = await context.replica.rows(tombstones.map(({ id }) => id));
  const decisions = new Decisions(context);
  for (const { id, version } of tombstones) {
    const row = rows.get(id);
    const isLater = row?.version && compareVersions(version, row.version) > 0;
    if (!row || row.isGone || !row.isPresent || !isLater) {
      continue;
    }
    if (row.edited === undefined) {
      decisions.take(row, null, agreedDeletion(version));
    } else if (!pushes(context)) {
      const local = (await context.replica.records([id])).get(id);
      decisions.lose("local", id, version, local ?? null);
      decisions.take(row, null, agreedDeletion(version));
    }
  }
  await decisions.commit();
}
