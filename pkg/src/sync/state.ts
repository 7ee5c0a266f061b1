/** What a link knows beside its records: what it remembers, and what it forgets with its session. */

import type { RemoteChanges } from "./remote.js";
import type { Replica } from "./replica.js";

/** What a link remembers, in its shadow. */
export interface LinkState {
  /** Push stamps up to here have been seen; undefined before the first pull was complete. */
  watermark: number | undefined;
  /** When everything was last compared, in milliseconds since 1970. */
  scanned: number | undefined;
  /** Rounds that have written something. */
  written: number;
  /** Whether the records that were here before the link are noted. */
  isNoted: boolean;
  /** What the sidecar calls the collection's present life. */
  epoch: string | undefined;
  /** Where the remote goes on telling what has changed; undefined where it does not, or where everything has to be compared first. */
  cursor: string | undefined;
}

const STATE = "s:state";

export async function readState(replica: Replica): Promise<LinkState> {
  const row = await replica.linkRow(STATE);
  const { w, c, n = 0, noted = false, f } = (row?.metadata ?? {}) as { w?: number; c?: number; n?: number; noted?: boolean; f?: string };
  return { watermark: w, scanned: c, written: n, isNoted: noted, epoch: row?.document ?? undefined, cursor: f };
}

export async function writeState(replica: Replica, { watermark, scanned, written, isNoted, epoch, cursor }: LinkState): Promise<void> {
  const members = { w: watermark, c: scanned && Math.floor(scanned), n: written, noted: isNoted, f: cursor ?? null };
  const metadata = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  await replica.commit([], [{ id: STATE, row: { metadata, document: epoch ?? null } }]);
}

/** What a session knows beside that, and forgets. */
export interface Session {
  /** Operations of the remote when the last round began; undefined where it does not count them. What came since, the next round sees. */
  operations: number | undefined;
  /** When that number was seen first, in milliseconds since 1970. */
  counted: number;
  /** Operations that the last round has sent. */
  sent: number;
  /** Whether the remote counts its operations; undefined before it was asked. */
  counts: boolean | undefined;
  /** When records without our marks are next looked for, in milliseconds since 1970. */
  unmarked: number;
  /** When agreed deletions were last cleared away. */
  cleared: number;
  /** What has become of the remote; undefined before that was looked for. */
  life: RemoteLife | undefined;
  /** Up to where the remote has told what has changed, and that was taken in. */
  cursor: string | undefined;
  /** What the remote has told while it was waited for, and after which cursor. */
  heard: (RemoteChanges & { after: string }) | undefined;
}

export function newSession(): Session {
  return { operations: undefined, counted: -Infinity, sent: 0, counts: undefined, unmarked: -Infinity, cleared: -Infinity, life: undefined, cursor: undefined, heard: undefined };
}

/** What has become of the remote since it was last seen. */
export type RemoteLife = "same" | "new" | "restored" | "replaced";
