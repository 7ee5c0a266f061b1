/** Pulls from a remote that tells what has changed: chromatid's own server. */

import { type Context, guardDeletions, pushes } from "./context.js";
import { fetchAndApply, watermarkAt } from "./pull.js";
import { compareIds, scan, takeDeletions, takeUnmarked } from "./reconcile.js";
import type { RemoteChange } from "./remote.js";
import { pages } from "./replica.js";
import { type LinkState, type Session, writeState } from "./state.js";
import { findTombstones } from "./tombstones.js";

/** Whether pulls go by what the remote tells. */
export function follows({ remote, direction }: Context): boolean {
  return remote.limits.wait !== undefined && direction !== "push";
}

/** Takes in what has changed since the last time; at first, when everything is to be compared, and when the remote does not know that, whatever differs. */
export async function followRemote(context: Context, state: LinkState, session: Session, { full, deep }: { full: boolean; deep: boolean }): Promise<void> {
  // Another server in the place of this one may tell nothing: pulls by stamps go on from here.
  const watermark = watermarkAt(context.clock.now());
  if (state.cursor === undefined || state.watermark === undefined || full || deep) {
    const { cursor } = await context.remote.changes({});
    await scan(context, { embeddings: state.watermark === undefined || deep, deep });
    await compareIds(context);
    if (!context.where) {
      await takeUnmarked(context);
    }
    context.own.clear();
    session.heard = undefined;
    Object.assign(state, { cursor, watermark, scanned: context.clock.now() });
    await writeState(context.replica, state);
    return;
  }
  await takeChanges(context, state, session, { after: state.cursor, watermark });
}

async function takeChanges(context: Context, state: LinkState, session: Session, from: { after: string; watermark: number }): Promise<void> {
  const { remote, own, sizes, progress } = context;
  Object.assign(progress, { phase: "pulling", done: 0, total: 0 });
  // What was written from here on may be told of in the next round only.
  const isOwn = new Set(own);
  const limit = sizes.range;
  const { heard } = session;
  session.heard = undefined;
  for (let { after } = from, page = heard?.after === after ? heard : await remote.changes({ after, limit }); ; page = await remote.changes({ after, limit })) {
    await apply(context, page.changes.filter(({ seq }) => !isOwn.has(seq)));
    if (page.cursor !== state.cursor) {
      Object.assign(state, { cursor: page.cursor }, !page.more && { watermark: from.watermark });
      await writeState(context.replica, state);
    }
    if (!page.more) {
      isOwn.forEach((write) => own.delete(write));
      return;
    }
    after = page.cursor;
  }
}

async function apply(context: Context, changes: readonly RemoteChange[]): Promise<void> {
  const ids = (kind: RemoteChange["kind"]): string[] => changes.filter((change) => change.kind === kind).map(({ id }) => id);
  for (const some of pages(ids("put"), context.sizes.page)) {
    // Whoever has written them may have changed nothing but the embedding.
    await fetchAndApply(context, some, true);
    context.step();
  }
  await applyDeletions(context, ids("delete"));
}

/** When a deletion was made, and whether it undoes an edit, its note says; one without counts as made just now, as edits of unknown writers do. */
async function applyDeletions(context: Context, ids: readonly string[]): Promise<void> {
  const known = await context.replica.rows(ids);
  const rows = [...known.values()].filter(({ isPresent, edited }) => isPresent && !(edited !== undefined && pushes(context)));
  if (rows.length === 0) {
    return;
  }
  const tombstones = await findTombstones(context, rows);
  guardDeletions(context, rows.length - tombstones.size, await context.replica.present());
  for (const some of pages(rows, context.sizes.page)) {
    await takeDeletions(context, some, { tombstones });
    context.step();
  }
}
