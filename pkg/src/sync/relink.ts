/** A link whose remote collection is another one than before: what was known is forgotten, and what is here gets a new standing. */

import type { Engine } from "../engine/engine.js";
import type { Change, Replica } from "./replica.js";
import { pages } from "./replica.js";
import { readState, writeState } from "./state.js";
import { stampOf, UNKNOWN_EDIT } from "./stamps.js";

/** What is to become of both sides. */
export type Relink = "adoptRemote" | "pushLocal" | "merge";

/** Forgets the old remote. Records that stay here are noted as edits: of now, or of an unknown time. */
export async function prepareRelink(engine: Engine, replica: Replica, relink: Relink, now: number): Promise<void> {
  await engine.unlinkCollection(...replica.path);
  await engine.linkCollection(...replica.path, "{}");
  const ids = await replica.recordIds();
  const edited = relink === "pushLocal" ? stampOf(now) : UNKNOWN_EDIT;
  for (const some of pages(ids)) {
    const changes = some.map(
      (id): Change =>
        relink === "adoptRemote" ? { id, edited: undefined, record: null, row: null } : { id, edited: undefined, row: { edited } },
    );
    await replica.commit(changes);
  }
  await writeState(replica, { ...(await readState(replica)), isNoted: true });
}
