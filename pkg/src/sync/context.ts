/** What one round of synchronisation works with. */

import type { ConflictPolicy } from "./conflicts.js";
import { LinkPausedError } from "./errors.js";
import { journalRow } from "./journal.js";
import {
  contentDigest,
  embeddingDigest,
  exactDigest,
  FOREIGN,
  type RemoteRecord,
  type SyncedRecord,
  type Version,
} from "./records.js";
import type { RemoteCollection } from "./remote.js";
import type { Change, LinkRow, Replica, RowChange, ShadowRow } from "./replica.js";
import type { ServerClock } from "./stamps.js";

export type Direction = "two-way" | "pull" | "push";

/** How much is asked and sent at once. */
export interface Sizes {
  /** Records of a write. */
  batch: number;
  /** Records of a read with embeddings. */
  page: number;
  /** Rows of a read of metadata. */
  range: number;
  /** Bytes of a body. */
  body: number;
}

/** What has been done in a round. */
export interface Progress {
  pushed: number;
  /** Operations that the remote was sent: a record that is written anew takes two. */
  operations: number;
  pulled: number;
  deleted: number;
  conflicts: number;
  /** What is being done, and of how many records how many are done; 0 where that is not known. */
  phase: "idle" | "pushing" | "pulling" | "comparing";
  done: number;
  total: number;
}

export interface Context {
  replica: Replica;
  remote: RemoteCollection;
  /** Where deletions and replicas are noted; undefined where it cannot be made, or nothing is written. */
  sidecar: RemoteCollection | undefined;
  clock: ServerClock;
  /** The name of this replica. */
  name: string;
  direction: Direction;
  policy: ConflictPolicy;
  /** Only records that match are here. */
  where: object | undefined;
  /** Whether records of foreign writers get our marks. */
  adopt: boolean;
  /** Whether embeddings are compared by direction only: the remote normalises them. */
  isNormalised: boolean;
  /** Whether the remote was restored from a copy: what it lacks goes there again. */
  isRestored: boolean;
  /** Whether many deletions at once have been approved. */
  mayShrink: boolean;
  /** Numbers, at a remote that tells of changes, of the writes of this replica that it has not told of yet. */
  own: Set<number>;
  sizes: Sizes;
  progress: Progress;
  /** Told of progress; throws when the round is to end. */
  step: () => void;
  /** Told of a decision. */
  decided: (id: string, winner: "local" | "remote" | "merged") => void;
}

/** Notes a write of this replica, so that it is not read again when the remote tells of it. */
export function noteOwn({ own }: Context, write: number | undefined): void {
  if (write !== undefined) {
    own.add(write);
  }
}

/** Whether local edits go to the remote. */
export function pushes({ direction }: Context): boolean {
  return direction !== "pull";
}

/** The version of a remote record: what its marks say if they are about this content, else an edit of just now by somebody unknown. */
export function versionOf(context: Context, remote: RemoteRecord, digest: string): Version {
  const { marks } = remote;
  return marks?.digest === digest ? { stamp: marks.stamp, replica: marks.replica } : { stamp: context.clock.stamp(), replica: FOREIGN };
}

/** What a row says once this record is on both sides. */
export function agreed(context: Context, record: SyncedRecord, version: Version): RowChange {
  return {
    edited: null,
    version,
    digest: contentDigest(record),
    exact: exactDigest(record) ?? null,
    ...(record.embedding && { embedding: embeddingDigest(record.embedding) }),
    isGone: false,
    isPresent: true,
    isToRepair: false,
    away: null,
    refusal: null,
    ...(context.policy === "mergeMetadata" && { base: record.metadata }),
  };
}

/** What a row says once the record is deleted on both sides. */
export function agreedDeletion(version: Version): RowChange {
  return {
    edited: null,
    version,
    digest: null,
    exact: null,
    embedding: null,
    isGone: true,
    isPresent: false,
    isToRepair: false,
    away: null,
    refusal: null,
  };
}

/** What has been decided about some records, and is written in one step. */
export class Decisions {
  readonly #context: Context;
  readonly #changes: Change[] = [];
  readonly #linkRows: LinkRow[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  /** The row of a record changes; the record does not. */
  keep(row: Pick<ShadowRow, "id" | "edited">, change: RowChange | null): void {
    this.#changes.push({ id: row.id, edited: row.edited, row: change });
  }

  /** The local record becomes this one. */
  take(row: Pick<ShadowRow, "id" | "edited">, record: SyncedRecord | null, change: RowChange | null): void {
    this.#changes.push({ id: row.id, edited: row.edited, record, row: change });
    if (record) {
      this.#context.progress.pulled += 1;
    } else {
      this.#context.progress.deleted += 1;
    }
  }

  /** Rows about the link. */
  note(...rows: LinkRow[]): void {
    this.#linkRows.push(...rows);
  }

  /** Keeps a version that was decided against. */
  lose(side: "local" | "remote", id: string, version: Version, record: SyncedRecord | null): void {
    this.#linkRows.push(journalRow({ id, version, record }, side, this.#context.clock.now()));
  }

  /** Writes all of it; answers the ids of records that were edited meanwhile. */
  async commit(): Promise<ReadonlySet<string>> {
    return this.#context.replica.commit(this.#changes, this.#linkRows);
  }
}

/** More deletions than this, and than a fifth of all, are not made unasked. */
const SHRINK_RECORDS = 100;
const SHRINK_FRACTION = 0.2;

/** Refuses to delete what looks like all too much. */
export function guardDeletions({ mayShrink }: Context, deletions: number, present: number): void {
  if (!mayShrink && deletions > SHRINK_RECORDS && deletions > present * SHRINK_FRACTION) {
    throw new LinkPausedError(
      "remote-shrank",
      `${String(deletions)} of ${String(present)} records are gone from the remote. If that is right, call resolve("accept"); to write them there again, resolve("restore").`,
    );
  }
}
