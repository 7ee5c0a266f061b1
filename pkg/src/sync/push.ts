/** Local edits on their way to the remote. */

import { agreed, agreedDeletion, type Context, Decisions, noteOwn, versionOf } from "./context.js";
import { resolve, type Side } from "./conflicts.js";
import { RemoteError } from "./errors.js";
import {
  compareVersions,
  contentDigest,
  embeddingDigest,
  exactDigest,
  FOREIGN,
  isSameEmbedding,
  type RemoteRecord,
  type SyncedRecord,
  type Version,
  writeMarks,
} from "./records.js";
import { CONTENT, type OutgoingRecord, outgoingMetadata, WHOLE } from "./remote.js";
import { pages, type ShadowRow } from "./replica.js";
import { findTombstones, writeTombstones } from "./tombstones.js";

/** An edit that has to be dealt with. */
interface Edit {
  row: ShadowRow;
  local: SyncedRecord | undefined;
  remote: RemoteRecord | undefined;
  /** The deletion that the remote's sidecar has noted. */
  tombstone: Version | undefined;
}

/** What goes to the remote. */
interface Outgoing {
  row: ShadowRow;
  /** Null for a deletion. */
  record: SyncedRecord | null;
  version: Version;
  remote: RemoteRecord | undefined;
  /** Whether the local record has to become this one too: both sides were merged. */
  isNew: boolean;
  /** Whether the remote may have another embedding than was agreed on. */
  isContested: boolean;
}

/** Sends all edits that there are now. */
export async function push(context: Context): Promise<void> {
  const { replica, sizes, progress } = context;
  const pending = await replica.pending();
  if (pending === 0) {
    return;
  }
  Object.assign(progress, { phase: "pushing", done: 0, total: pending });
  // Edits made meanwhile come next time, if there are many: a round ends.
  const rounds = Math.ceil(pending / sizes.batch) + 2;
  let batch = await prepare(context, await replica.edited(sizes.batch));
  for (let round = 0; round < rounds && batch.rows.length > 0; round += 1) {
    // While these are on their way the next ones are made ready.
    const following = prepareAfter(context, batch.rows);
    following.catch(() => undefined);
    await send(context, batch.outgoing);
    progress.done = Math.min(progress.done + batch.rows.length, pending);
    context.step();
    batch = await following;
    if (batch.rows.length === 0) {
      batch = await prepare(context, await replica.edited(sizes.batch));
    }
  }
}

/** Edits, and what of them goes to the remote. */
interface Batch {
  rows: readonly ShadowRow[];
  outgoing: readonly Outgoing[];
}

/** The edits beside those that are on their way. */
async function prepareAfter(context: Context, sent: readonly ShadowRow[]): Promise<Batch> {
  const { replica, sizes } = context;
  const isSent = new Set(sent.map(({ id }) => id));
  const rows = await replica.edited(sent.length + sizes.batch);
  return prepare(context, rows.filter(({ id }) => !isSent.has(id)).slice(0, sizes.batch));
}

async function prepare(context: Context, rows: readonly ShadowRow[]): Promise<Batch> {
  const outgoing: Outgoing[] = [];
  if (rows.length > 0) {
    const decisions = new Decisions(context);
    for (const edit of await lookUp(context, rows, decisions)) {
      await decide(context, edit, decisions, outgoing);
    }
    await decisions.commit();
  }
  return { rows, outgoing };
}

/** What both sides have now of the records that have changed. */
async function lookUp(context: Context, rows: readonly ShadowRow[], decisions: Decisions): Promise<Edit[]> {
  const { replica, remote, sizes } = context;
  const locals = await replica.records(rows.map(({ id }) => id));
  const changed = rows.filter((row) => isChanged(row, locals.get(row.id)));
  const outside = await outsideOf(context, changed);
  const candidates = changed.filter(({ id }) => !outside.has(id));
  const isCandidate = new Set(candidates);
  rows.filter((row) => !isCandidate.has(row)).forEach((row) => decisions.keep(row, { edited: null }));

  const remotes = new Map<string, RemoteRecord>();
  for (const some of pages(candidates, sizes.batch)) {
    const found = await remote.get({ ids: some.map(({ id }) => id), include: CONTENT });
    found.forEach((record) => remotes.set(record.id, record));
  }
  await fetchEmbeddings(context, candidates, remotes);
  const lost = candidates.filter(({ id, isPresent }) => isPresent && !remotes.has(id));
  const tombstones = await findTombstones(context, lost);
  return candidates.map((row) => ({
    row,
    local: locals.get(row.id),
    remote: remotes.get(row.id),
    tombstone: tombstones.get(row.id),
  }));
}

/** Where the remote has something else than what was agreed on, or perhaps the very same, its embedding matters too. */
async function fetchEmbeddings(
  { remote, sizes }: Context,
  rows: readonly ShadowRow[],
  remotes: Map<string, RemoteRecord>,
): Promise<void> {
  const needed = rows.filter((row) => {
    const theirs = remotes.get(row.id);
    return theirs && !isAsAgreed(row, theirs);
  });
  for (const some of pages(needed, sizes.page)) {
    const found = await remote.get({ ids: some.map(({ id }) => id), include: WHOLE });
    some.forEach(({ id }) => remotes.delete(id));
    found.forEach((record) => remotes.set(record.id, record));
  }
}

/** Whether there is something to do for a record. */
function isChanged(row: ShadowRow, local: SyncedRecord | undefined): boolean {
  return row.isToRepair || isEdited(row, local);
}

/** Whether anything of a record differs from what was agreed on. */
function isEdited(row: ShadowRow, local: SyncedRecord | undefined): boolean {
  if (!local) {
    // Never there, or agreed to be gone.
    return row.isPresent || row.version === undefined;
  }
  const embedding = local.embedding && embeddingDigest(local.embedding);
  const isSame = row.digest === contentDigest(local) && row.exact === exactDigest(local) && row.embedding === embedding;
  return !row.isPresent || !isSame;
}

/** Records that a partial link does not hold: they stay here, unless the remote had them. */
async function outsideOf({ replica, where }: Context, rows: readonly ShadowRow[]): Promise<ReadonlySet<string>> {
  if (!where) {
    return new Set();
  }
  const unknown = rows.filter(({ isPresent }) => !isPresent).map(({ id }) => id);
  const matching = await replica.records(unknown, { embeddings: false, where });
  return new Set(unknown.filter((id) => !matching.has(id)));
}

/** Whether the remote has what was agreed on. */
function isAsAgreed(row: ShadowRow, remote: RemoteRecord): boolean {
  if (!row.isPresent || row.digest !== contentDigest(remote)) {
    return false;
  }
  const { marks } = remote;
  return marks?.digest !== row.digest || (marks.stamp === row.version?.stamp && marks.replica === row.version.replica);
}

/** Whether the remote has what this replica has sent, perhaps without hearing that it arrived: nobody has changed it since. */
function isOwn({ name }: Context, remote: RemoteRecord): boolean {
  return remote.marks?.replica === name && remote.marks.digest === contentDigest(remote);
}

async function decide(context: Context, edit: Edit, decisions: Decisions, outgoing: Outgoing[]): Promise<void> {
  const { row, local, remote, tombstone } = edit;
  const record = local ?? null;
  if (row.isToRepair && row.version && !isEdited(row, local)) {
    repair(context, { ...edit, version: row.version }, decisions, outgoing);
    return;
  }
  const isSentBefore = remote !== undefined && isOwn(context, remote);
  const sentBefore = isSentBefore ? (remote.marks?.stamp ?? 0) : 0;
  // While a record of ours was away, others may have taken it for deleted.
  const away = row.away === undefined ? 0 : Math.max(row.away, context.clock.stamp());
  const before = Math.max(row.version?.stamp ?? 0, sentBefore, away);
  const mine = { stamp: Math.max(context.clock.ofEdit(row.edited ?? 0), before + 1), replica: context.name };
  const isAgreed = remote ? isAsAgreed(row, remote) : !row.isPresent || row.away !== undefined;
  if (local && remote && !isAgreed && isSame(context, local, remote)) {
    decisions.keep(row, agreed(context, local, versionOf(context, remote, contentDigest(remote))));
    return;
  }
  if (isAgreed || isSentBefore) {
    if (local ?? remote) {
      outgoing.push({ row, record, version: mine, remote, isNew: false, isContested: !isAgreed });
    } else {
      decisions.keep(row, row.version ? agreedDeletion(row.version) : null);
    }
    return;
  }
  if (!local && !remote) {
    decisions.keep(row, agreedDeletion(tombstone ?? { stamp: context.clock.stamp(), replica: FOREIGN }));
    return;
  }
  await settle(context, edit, mine, decisions, outgoing);
}

/** The remote was seen with an earlier version than the one that was agreed on. It may have got a later one since. */
function repair(
  context: Context,
  { row, local, remote, tombstone, version }: Edit & { version: Version },
  decisions: Decisions,
  outgoing: Outgoing[],
): void {
  const theirs = remote ? versionOf(context, remote, contentDigest(remote)) : tombstone;
  const order = theirs ? compareVersions(theirs, version) : -1;
  if (theirs && order > 0) {
    decisions.take(row, remote ?? null, remote ? agreed(context, remote, theirs) : agreedDeletion(theirs));
  } else if (order === 0) {
    decisions.keep(row, { edited: null, isToRepair: false });
  } else {
    outgoing.push({ row, record: local ?? null, version, remote, isNew: false, isContested: true });
  }
}

function isSame({ isNormalised }: Context, local: SyncedRecord, remote: RemoteRecord): boolean {
  return (
    contentDigest(local) === contentDigest(remote) &&
    local.embedding !== undefined &&
    remote.embedding !== undefined &&
    isSameEmbedding(local.embedding, remote.embedding, isNormalised)
  );
}

/** Both sides have changed. */
async function settle(
  context: Context,
  { row, local, remote, tombstone }: Edit,
  mine: Version,
  decisions: Decisions,
  outgoing: Outgoing[],
): Promise<void> {
  const theirs = remote
    ? versionOf(context, remote, contentDigest(remote))
    : (tombstone ?? { stamp: context.clock.stamp(), replica: FOREIGN });
  const ours: Side = { version: mine, record: local ?? null };
  const other: Side = { version: theirs, record: remote ?? null };
  const outcome = await resolve(context.policy, ours, other, row.base);
  const above = { stamp: Math.max(mine.stamp, theirs.stamp + 1), replica: context.name };
  context.progress.conflicts += 1;
  if (outcome === "remote") {
    decisions.lose("local", row.id, mine, ours.record);
    decisions.take(row, remote ?? null, remote ? agreed(context, remote, theirs) : agreedDeletion(theirs));
    context.decided(row.id, "remote");
  } else if (outcome === "local") {
    decisions.lose("remote", row.id, theirs, other.record);
    outgoing.push({ row, record: ours.record, version: above, remote, isNew: false, isContested: true });
    context.decided(row.id, "local");
  } else {
    decisions.lose("local", row.id, mine, ours.record);
    decisions.lose("remote", row.id, theirs, other.record);
    outgoing.push({ row, record: outcome.record, version: above, remote, isNew: true, isContested: true });
    context.decided(row.id, "merged");
  }
}

/** Sends what has been decided on, and notes what has arrived. */
async function send(context: Context, outgoing: readonly Outgoing[]): Promise<void> {
  const deletions = outgoing.filter(({ record }) => record === null);
  await writeTombstones(context, deletions.map(({ row, version }) => ({ id: row.id, version })));
  await deleteThere(context, deletions.filter(({ remote }) => remote));
  await acknowledge(context, deletions);

  // Of a record that keeps its embedding the rest is sent; documents and uris can only be removed with the record.
  const puts = outgoing.filter(({ record }) => record !== null);
  await clearAway(context, puts.filter(({ record, remote }) => losesText(record, remote)));
  const isLight = ({ row, record, remote, isContested }: Outgoing): boolean =>
    !isContested &&
    remote !== undefined &&
    !losesText(record, remote) &&
    record?.embedding !== undefined &&
    row.embedding === embeddingDigest(record.embedding);
  await write(context, puts.filter(isLight), "update");
  await write(context, puts.filter((put) => !isLight(put)), "upsert");
}

/**
 * Deletes records that are written again at once. Should it come to an end in between, the row says that the record is missing because of us, and the sidecar
 * tells other replicas that what they miss is not a deletion of just now, which would be later than what we write.
 */
async function clearAway(context: Context, replaced: readonly Outgoing[]): Promise<void> {
  const { replica } = context;
  await replica.commit([], replaced.map(({ row, version }) => replica.rowOf(row.id, { away: version.stamp })));
  await writeTombstones(context, replaced.map(({ row, version }) => ({ id: row.id, version })));
  await deleteThere(context, replaced);
}

async function deleteThere({ remote, clock, sizes, progress }: Context, outgoing: readonly Outgoing[]): Promise<void> {
  for (const some of pages(outgoing, sizes.batch)) {
    const until = some.reduce((latest, { remote: theirs }) => Math.max(latest, theirs?.marks?.sent ?? 0), clock.stamp());
    await remote.delete(some.map(({ row }) => row.id), until);
    progress.operations += some.length;
  }
}

function losesText(record: SyncedRecord | null, remote: RemoteRecord | undefined): boolean {
  return remote !== undefined && ((remote.document !== null && record?.document === null) || (remote.uri !== null && record?.uri === null));
}

async function write(context: Context, puts: readonly Outgoing[], kind: "update" | "upsert"): Promise<void> {
  const queue = [...batches(context, puts, kind)];
  for (let batch = queue.shift(); batch; batch = queue.shift()) {
    try {
      noteOwn(context, await context.remote[kind](batch.map((put) => toOutgoing(context, put, kind))));
      await acknowledge(context, batch);
      context.progress.pushed += batch.length;
      context.progress.operations += batch.length;
    } catch (error) {
      const isTooMuch = error instanceof RemoteError && (error.problem === "refused" || error.problem === "too-large");
      if (!isTooMuch) {
        throw error;
      }
      const [put, ...rest] = batch;
      if (put && rest.length === 0) {
        // One record that the server does not take must not keep the others back.
        const { id, edited } = put.row;
        await context.replica.commit([{ id, edited, row: { edited: null, refusal: error.message } }]);
      } else {
        const half = Math.ceil(batch.length / 2);
        queue.unshift(batch.slice(0, half), batch.slice(half));
      }
    }
    context.step();
  }
}

function* batches({ sizes }: Context, puts: readonly Outgoing[], kind: "update" | "upsert"): Generator<Outgoing[]> {
  let batch: Outgoing[] = [];
  let bytes = 0;
  for (const put of puts) {
    const record = put.record as SyncedRecord;
    const texts = (record.document?.length ?? 0) + [...record.metadata.values()].reduce((sum, value) => sum + value.length + 16, 128);
    const size = texts + (kind === "upsert" ? (record.embedding?.byteLength ?? 0) * 1.4 : 0);
    if (batch.length > 0 && (batch.length >= sizes.batch || bytes + size > sizes.body)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(put);
    bytes += size;
  }
  if (batch.length > 0) {
    yield batch;
  }
}

function toOutgoing(context: Context, { record, version, remote }: Outgoing, kind: "update" | "upsert"): OutgoingRecord {
  const { id, document, uri, metadata, embedding } = record as SyncedRecord;
  const marks = writeMarks({ ...version, sent: context.clock.stamp(), digest: contentDigest(record as SyncedRecord) });
  // A record that is deleted and written again has nothing left to remove.
  const before = remote && !losesText(record, remote) ? remote.metadata.keys() : [];
  return {
    id,
    document,
    uri,
    metadata: outgoingMetadata(metadata, marks, before),
    ...(kind === "upsert" && embedding && { embedding }),
  };
}

/** Notes that the remote has these. An edit made meanwhile stays noted beside it. */
async function acknowledge(context: Context, sent: readonly Outgoing[]): Promise<void> {
  const decisions = new Decisions(context);
  const rowOf = ({ record, version }: Outgoing) => (record ? agreed(context, record, version) : agreedDeletion(version));
  for (const put of sent) {
    if (put.isNew) {
      decisions.take(put.row, put.record, rowOf(put));
    } else {
      decisions.keep(put.row, rowOf(put));
    }
  }
  const edited = await decisions.commit();
  const late = sent.filter(({ row, isNew }) => edited.has(row.id) && !isNew);
  await context.replica.commit(
    [],
    late.map((put) => context.replica.rowOf(put.row.id, { ...rowOf(put), edited: undefined })),
  );
}
