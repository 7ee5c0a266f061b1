/** What is asked of a link, and what it tells. */

import type { Where } from "../types.js";
import type { Direction, Progress } from "./context.js";
import type { ConflictPolicy } from "./conflicts.js";
import type { LinkPausedError } from "./errors.js";
import type { RemoteArgs, Surroundings } from "./transport.js";

/** Options of `ChromaClient.link`. */
export interface LinkOptions {
  /** A Chroma server, or several that hold the same: the first is preferred, the others are asked while it cannot be reached. */
  remote: RemoteArgs | RemoteArgs[];
  /** The name of the collection there. Default: as here. */
  collection?: string;
  /** Default: `two-way`. */
  direction?: Direction;
  /** Keeps only those records here that match. What does not match is never deleted there. */
  where?: Where;
  /** Default: `lastWriterWins`; with `pull`, `remoteWins`, and with `push`, `localWins`. */
  conflict?: ConflictPolicy;
  /** Milliseconds between rounds while nothing changes here. 0: only when asked. Default: 15,000. */
  interval?: number;
  /** Marks records of writers that do not know of synchronisation, so that their changes cost less to find. Default: false. */
  adopt?: boolean;
  /** Milliseconds between comparisons of everything, which find what such writers have changed. Default: six hours. */
  scanInterval?: number;
  /** With what requests are made and time is told, in place of the platform's: a proxy, a service binding of a Worker, a test. */
  surroundings?: Partial<Surroundings>;
  /** Records that are written at once at most. Default: what the server takes, and 300 with Chroma Cloud. */
  batch?: number;
}

/** What a link does, or waits for. */
export type LinkActivity =
  | "starting"
  | "syncing"
  | "idle"
  /** There is no network: edits wait. */
  | "offline"
  /** The remote cannot be reached, or asks for patience: it is tried again. */
  | "waiting"
  /** Another tab does it. */
  | "elsewhere"
  | "ended"
  | LinkPausedError["state"];

export interface LinkStatus {
  state: LinkActivity;
  /** What went wrong last, and what can be done. */
  message: string | undefined;
  /** Edits that the remote does not have yet. */
  pending: number;
  /** Records that the remote has refused, and why. */
  refused: { id: string; message: string }[];
  /** When the last round was complete, in milliseconds since 1970. */
  lastSync: number | undefined;
  /** Whether all that the link is about is here. */
  isComplete: boolean;
  /** What the present round, or the last one, has done. */
  progress: Progress;
  /** Since the link was opened here. */
  traffic: { requests: number; sent: number; received: number };
}

/** What a link knows of a record. */
export interface KnownRecord {
  id: string;
  /** Whether it has edits that the remote does not have yet. */
  isPending: boolean;
  /** Whether the remote had it when it was last seen. */
  isThere: boolean;
  /** Whether both sides have deleted it. */
  isDeleted: boolean;
  /** When it was edited last, in milliseconds since 1970, as both sides know it. */
  editedAt: number | undefined;
  /** The name of the replica that did; `~` for a writer that is none. */
  editedBy: string | undefined;
  /** What the remote said when it refused the record. */
  refusal: string | undefined;
}

/** Events of a link, and what they come with. */
export interface LinkEvents {
  /** Something in the status has changed. */
  status: LinkStatus;
  /** Two edits of one record that knew nothing of each other: whose is kept. */
  conflict: { id: string; winner: "local" | "remote" | "merged" };
}

/** What the store keeps of the options: no headers, and no token. */
export interface LinkSettings {
  remote: { host: string | undefined; port: number | undefined; ssl: boolean | undefined; tenant: string; database: string };
  collection: string;
  /** The id of the remote collection. */
  remoteId: string | undefined;
  direction: Direction;
  where: Where | undefined;
  /** By name; `function` for one of the caller's. */
  conflict: string;
  interval: number;
  /** The name of this replica. */
  replica: string;
  /** Whether requests had headers or a token, without which the link cannot go on. */
  needsCredentials: boolean;
}

const INTERVAL_MS = 15_000;
const SCAN_MS = 6 * 3_600_000;

/** Options with their defaults. */
export interface ResolvedOptions {
  places: RemoteArgs[];
  direction: Direction;
  where: Where | undefined;
  conflict: ConflictPolicy;
  interval: number;
  adopt: boolean;
  scanInterval: number;
  batch: number;
  page: number;
}

const CLOUD = /(^|\.)trychroma\.com$/;

/** Records that Chroma Cloud takes and answers at once. */
const CLOUD_RECORDS = 300;

export function resolveOptions(options: LinkOptions): ResolvedOptions {
  const { direction = "two-way", interval = INTERVAL_MS, adopt = false, scanInterval = SCAN_MS } = options;
  const places = Array.isArray(options.remote) ? options.remote : [options.remote];
  const isCloud = places.some(({ host = "" }) => CLOUD.test(host));
  const policies = { "two-way": "lastWriterWins", pull: "remoteWins", push: "localWins" } as const;
  return {
    places,
    direction,
    where: options.where,
    conflict: options.conflict ?? policies[direction],
    interval,
    adopt,
    scanInterval,
    batch: options.batch ?? (isCloud ? CLOUD_RECORDS : Infinity),
    page: isCloud ? CLOUD_RECORDS : Infinity,
  };
}
