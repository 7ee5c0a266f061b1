/** One round of synchronisation: what it does, in which order, and what it remembers. */

import { type Context, pushes } from "./context.js";
import { pruneJournal } from "./journal.js";
import { follows, followRemote } from "./follow.js";
import { pull, watermarkAt } from "./pull.js";
import { push } from "./push.js";
import { compareCounts, compareIds, noteLocalRecords, scan, takeUnmarked } from "./reconcile.js";
import { type LinkState, type RemoteLife, type Session, writeState } from "./state.js";
import { stampOf } from "./stamps.js";
import { deleteTombstones, readPresence, writePresence } from "./tombstones.js";

/** How a round is made. */
export interface RoundOptions {
  /** Compares the content of everything. */
  full: boolean;
  /** Embeddings too. */
  deep: boolean;
  /** How long a comparison of everything is good for, in milliseconds. */
  scanInterval: number;
}

/** How long no record without our marks is looked for at most. */
const UNMARKED_MS = 60_000;

/** How many times as long as looking for them took they are not looked for again: the time that it takes the server grows with the collection. */
const UNMARKED_REST = 100;

/** How long deletions are remembered, in milliseconds: a replica that was away for longer compares everything. */
const MEMORY_MS = 90 * 86_400_000;

/** How long after the last operation nothing can come any more that was stamped before it: the overlap of pulls, and the second that they leave out. */
const SETTLED_MS = 62_000;

const DAY_MS = 86_400_000;

/** Makes a round. Whatever ends it early, the next one goes on from what is written. */
export async function runRound(context: Context, state: LinkState, session: Session, options: RoundOptions): Promise<void> {
  const { replica } = context;
  if (!state.isNoted) {
    await noteLocalRecords(context);
    state.isNoted = true;
    await writeState(replica, state);
  }
  if (follows(context)) {
    await followRemote(context, state, session, options);
    if (pushes(context)) {
      await pushAll(context, state);
    }
    await tidy(context, session);
    session.cursor = state.cursor;
    return;
  }
  const pending = pushes(context) ? await replica.pending() : 0;
  const operations = await operationsOf(context, session);
  const now = context.clock.now();
  const isCounted = operations !== undefined && operations === session.operations;
  if (isCounted && now - session.counted > SETTLED_MS && pending === 0 && !options.full && state.watermark !== undefined) {
    return;
  }
  if (context.direction !== "push") {
    await pullAll(context, state);
  }
  if (pushes(context)) {
    await pushAll(context, state);
  }
  if (context.direction !== "push") {
    await pullForeign(context, state, session, options, operations);
    if (pushes(context)) {
      // What the remote has lost goes there again.
      await pushAll(context, state);
    }
  }
  await tidy(context, session);
  Object.assign(session, { operations, sent: context.progress.operations, counted: isCounted ? session.counted : now });
}

async function operationsOf({ remote }: Context, session: Session): Promise<number | undefined> {
  if (session.counts === false) {
    return undefined;
  }
  const operations = await remote.totalOperations();
  session.counts = operations !== undefined;
  return operations;
}

async function pullAll(context: Context, state: LinkState): Promise<void> {
  const { replica, clock, progress } = context;
  const isStale = state.watermark !== undefined && stampOf(clock.now() - MEMORY_MS) > state.watermark;
  if (state.watermark === undefined || isStale) {
    const begun = watermarkAt(clock.now());
    await scan(context, { embeddings: true, deep: false });
    await compareIds(context);
    Object.assign(state, { watermark: begun, scanned: clock.now() });
    await writeState(replica, state);
    return;
  }
  Object.assign(progress, { phase: "pulling", done: 0, total: 0 });
  const watermark = await pull(context, state.watermark);
  if (watermark !== state.watermark) {
    state.watermark = watermark;
    await writeState(replica, state);
  }
}

async function pushAll(context: Context, state: LinkState): Promise<void> {
  const { replica, sidecar, name, progress } = context;
  const before = progress.operations;
  await push(context);
  if (sidecar && progress.operations > before) {
    // The remote hears first: a count there that is behind ours can only mean that the remote was set back.
    await writePresence(sidecar, name, { epoch: undefined, written: state.written + 1 });
    state.written += 1;
    await writeState(replica, state);
  }
}

/** What writers have done that know nothing of our marks. */
async function pullForeign(
  context: Context,
  state: LinkState,
  session: Session,
  { full, deep, scanInterval }: RoundOptions,
  operations: number | undefined,
): Promise<void> {
  const { replica, clock, where } = context;
  const now = clock.now();
  const others = (operations ?? 0) - (session.operations ?? operations ?? 0) - session.sent;
  const isUnexplained = others > 0 && context.progress.pulled === 0;
  const since = now - (state.scanned ?? -Infinity);
  if (full || deep || since > scanInterval || (isUnexplained && since > UNMARKED_MS)) {
    await scan(context, { embeddings: deep, deep });
    await compareIds(context);
    state.scanned = now;
    await writeState(replica, state);
    return;
  }
  if (now >= session.unmarked) {
    await (where ? compareIds(context) : takeUnmarked(context));
    const rest = where ? UNMARKED_MS : (clock.now() - now) * UNMARKED_REST;
    session.unmarked = clock.now() + Math.min(rest, UNMARKED_MS);
  }
  if (!where) {
    await compareCounts(context);
  }
}

/** Lets go of what is remembered no longer. */
async function tidy(context: Context, session: Session): Promise<void> {
  const { replica, clock, progress, sizes } = context;
  if (progress.conflicts + progress.deleted > 0) {
    await replica.commit([], await pruneJournal(replica));
  }
  if (clock.now() - session.cleared < DAY_MS) {
    return;
  }
  session.cleared = clock.now();
  const old = await replica.forgottenBefore(stampOf(clock.now() - MEMORY_MS), sizes.batch);
  await deleteTombstones(context, old);
  await replica.commit(old.map((id) => ({ id, edited: undefined, row: null })));
}

/** Compares what both sides remember of each other. */
export async function checkLife(context: Context, state: LinkState, newEpoch: () => string): Promise<RemoteLife> {
  const { sidecar, replica, name } = context;
  if (!sidecar) {
    return "same";
  }
  const { epoch, written } = await readPresence(sidecar, name);
  if (epoch !== undefined && state.epoch !== undefined && epoch !== state.epoch) {
    return "replaced";
  }
  const isNew = epoch === undefined;
  const agreedEpoch = epoch ?? state.epoch ?? newEpoch();
  if (isNew || written === undefined) {
    await writePresence(sidecar, name, { epoch: isNew ? agreedEpoch : undefined, written: state.written });
  }
  if (state.epoch === undefined) {
    state.epoch = agreedEpoch;
    await writeState(replica, state);
    return "new";
  }
  return written !== undefined && written < state.written ? "restored" : "same";
}
