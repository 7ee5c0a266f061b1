/** Comparisons of everything: at first, when the counts differ, and from time to time. */

import { agreedDeletion, type Context, Decisions, guardDeletions, pushes } from "./context.js";
import { applyContents, fetchAndApply, unknownRow } from "./pull.js";
import { CONTENT, WHOLE } from "./remote.js";
import { pages, type ShadowRow } from "./replica.js";
import { compareVersions, contentDigest, FOREIGN, KEYS, type RemoteRecord, type Version } from "./records.js";
import { UNKNOWN_EDIT } from "./stamps.js";
import { findTombstones } from "./tombstones.js";

/** Notes the records that were here before the link as edits of which nobody knows when they were made. */
export async function noteLocalRecords(context: Context): Promise<void> {
  const { replica } = context;
  const ids = await replica.recordIds();
  for (const some of pages(ids, context.sizes.range)) {
    const known = await replica.rows(some);
    const unknown = some.filter((id) => !known.has(id));
    await replica.commit(unknown.map((id) => ({ id, edited: undefined, row: { edited: UNKNOWN_EDIT } })));
    context.step();
  }
}

/**
 * Reads the whole remote collection, page by page, and takes in what differs. Records that are passed over because others are deleted meanwhile are found by
 * {@link compareIds}.
 */
export async function scan(context: Context, { embeddings, deep }: { embeddings: boolean; deep: boolean }): Promise<void> {
  const { remote, sizes, where, progress } = context;
  const total = where ? 0 : await remote.count();
  Object.assign(progress, { phase: embeddings ? "pulling" : "comparing", done: 0, total });
  const limit = embeddings ? sizes.page : sizes.range;
  const read = (offset: number) => remote.get({ offset, limit, include: embeddings ? WHOLE : CONTENT, ...(where && { where }) });
  let next = read(0);
  for (let offset = 0; ; offset += limit) {
    const records = await next;
    if (records.length === 0) {
      return;
    }
    // While these are taken in, the next ones are on their way.
    next = records.length < limit ? Promise.resolve([]) : read(offset + limit);
    next.catch(() => undefined);
    await (embeddings ? applyContents(context, records, deep) : applyDifferences(context, records));
    progress.done += records.length;
    context.step();
  }
}

/** Of records without embeddings, fetches those that are not what was agreed on, or have another version. */
async function applyDifferences(context: Context, records: readonly RemoteRecord[]): Promise<void> {
  const rows = await context.replica.rows(records.map(({ id }) => id));
  const differing = records.filter((record) => {
    const row = rows.get(record.id);
    const { marks } = record;
    const isSame = row?.isPresent === true && row.digest === contentDigest(record);
    return !isSame || (marks !== undefined && marks.digest === row.digest && row.version !== undefined && compareVersions(marks, row.version) !== 0);
  });
  for (const some of pages(differing, context.sizes.page)) {
    await fetchAndApply(context, some.map(({ id }) => id));
  }
}

/**
 * Compares the ids of both sides. What is only there is taken in. What is only here is asked for once more, and if it is gone indeed, deleted here: nothing is
 * deleted because one answer lacked it.
 */
export async function compareIds(context: Context): Promise<void> {
  const { remote, replica, where, sizes, progress } = context;
  Object.assign(progress, { phase: "comparing", done: 0, total: 0 });
  const theirs = new Set(await remote.ids({ ...(where && { where }) }));
  const ours = new Set(await replica.presentIds());
  const unknown = [...theirs].filter((id) => !ours.has(id));
  for (const some of pages(unknown, sizes.page)) {
    await fetchAndApply(context, some);
    context.step();
  }
  const missing = [...ours].filter((id) => !theirs.has(id));
  await applyAbsence(context, await confirmAbsent(context, missing), ours.size);
}

/** Compares how many records there are; only if that differs, which ones. */
export async function compareCounts(context: Context): Promise<void> {
  if ((await context.remote.count()) !== (await context.replica.present())) {
    await compareIds(context);
  }
}

async function confirmAbsent({ remote, sizes, where }: Context, ids: readonly string[]): Promise<string[]> {
  const absent: string[] = [];
  for (const some of pages(ids, sizes.batch)) {
    const there = new Set(await remote.ids({ ids: some, ...(where && { where }) }));
    absent.push(...some.filter((id) => !there.has(id)));
  }
  return absent;
}

async function applyAbsence(context: Context, absent: readonly string[], present: number): Promise<void> {
  if (absent.length === 0) {
    return;
  }
  if (context.isRestored && pushes(context)) {
    await sendAgain(context, absent);
    return;
  }
  guardDeletions(context, absent.length, present);
  for (const some of pages(absent, context.sizes.page)) {
    await deleteHere(context, some);
    context.step();
  }
}

async function deleteHere(context: Context, ids: readonly string[]): Promise<void> {
  const rows = await context.replica.rows(ids);
  const tombstones = await findTombstones(context, [...rows.values()]);
  const stillThere = context.where ? new Set(await context.remote.ids({ ids })) : new Set<string>();
  await takeDeletions(context, ids.map((id) => rows.get(id) ?? unknownRow(id)), { tombstones, stillThere });
}

/** Deletes records that the remote does not have any more; those that are there all the same leave, as they do not match. */
export async function takeDeletions(
  context: Context,
  rows: readonly ShadowRow[],
  { tombstones, stillThere }: { tombstones: ReadonlyMap<string, Version>; stillThere?: ReadonlySet<string> },
): Promise<void> {
  const locals = await context.replica.records(rows.map(({ id }) => id));
  const decisions = new Decisions(context);
  for (const row of rows) {
    const { id } = row;
    if (row.edited !== undefined && pushes(context)) {
      // What becomes of an edit of a record that is gone is decided when it is pushed.
      continue;
    }
    if (stillThere?.has(id)) {
      // It does not match any more: it leaves, and is not deleted.
      decisions.take(row, null, null);
      continue;
    }
    const version = tombstones.get(id) ?? { stamp: context.clock.stamp(), replica: FOREIGN };
    if (!tombstones.has(id)) {
      decisions.lose("local", id, version, locals.get(id) ?? null);
    }
    decisions.take(row, null, agreedDeletion(version));
  }
  await decisions.commit();
}

/** Lets records be pushed again that a restored remote lacks. */
async function sendAgain({ replica }: Context, ids: readonly string[]): Promise<void> {
  const rows = await replica.rows(ids);
  // What is edited meanwhile goes there in any case.
  await replica.commit(
    [...rows.values()].map(({ id, edited }) => ({ id, edited, row: { edited: edited ?? UNKNOWN_EDIT, isToRepair: true } })),
  );
}

/** Records without our marks that are looked at one by one; where there are more, counts and comparisons have to find the new ones. */
const UNMARKED = 2000;

/** Records that were written, or written anew, by who does not know of our marks. */
export async function takeUnmarked(context: Context): Promise<void> {
  const ids = await context.remote.ids({ where: { [KEYS.version]: { $ne: 1 } }, limit: UNMARKED + 1 });
  if (ids.length > UNMARKED) {
    return;
  }
  const rows = await context.replica.rows(ids);
  const isNew = (row: ShadowRow | undefined): boolean => row?.isPresent !== true || row.version?.replica !== FOREIGN;
  for (const some of pages(ids.filter((id) => isNew(rows.get(id))), context.sizes.page)) {
    // Who writes a record anew may write another embedding.
    await fetchAndApply(context, some, true);
  }
}
