/** Two edits of one record that knew nothing of each other: which one stays, and where the other one is kept. */

import { canonical } from "./canonical.js";
import { compareVersions, type SyncedRecord, type Version } from "./records.js";
import { deserializeMetadata, serializeMetadata } from "../metadata.js";
import type { Metadata } from "../types.js";

/** A record as functions of the caller see it. */
export interface ConflictRecord {
  document: string | null;
  uri: string | null;
  metadata: Metadata | null;
  embedding?: number[];
}

/** Two edits of one record. A side is null where the record was deleted. */
export interface Conflict {
  id: string;
  local: ConflictRecord | null;
  remote: ConflictRecord | null;
  /** Whether the local edit is the later one. */
  localIsLater: boolean;
}

/** Decides: a side by its name, another record in the place of both, or null to delete. */
export type ConflictResolver = (
  conflict: Conflict,
) => "local" | "remote" | ConflictRecord | null | Promise<"local" | "remote" | ConflictRecord | null>;

/**
 * What becomes of conflicts. `lastWriterWins`: the later edit. `mergeMetadata`: metadata key by key, each as the side has it that changed it, and of both the
 * later edit; the rest is that of the later edit.
 */
export type ConflictPolicy = "lastWriterWins" | "remoteWins" | "localWins" | "mergeMetadata" | ConflictResolver;

/** One side: null for a deletion. */
export interface Side {
  version: Version;
  record: SyncedRecord | null;
}

/** What is done: one of the sides, or a record that is neither. */
export type Resolution = "local" | "remote" | { record: SyncedRecord | null };

/** Decides by the policy. `base` is the metadata that both sides had. */
export async function resolve(
  policy: ConflictPolicy,
  local: Side,
  remote: Side,
  base: ReadonlyMap<string, string> | undefined,
): Promise<Resolution> {
  const localIsLater = compareVersions(local.version, remote.version) > 0;
  const later = localIsLater ? "local" : "remote";
  switch (policy) {
    case "lastWriterWins":
      return later;
    case "localWins":
      return "local";
    case "remoteWins":
      return "remote";
    case "mergeMetadata":
      return local.record && remote.record && base
        ? { record: mergeMetadata(local.record, remote.record, base, localIsLater) }
        : later;
    default: {
      const id = (local.record ?? remote.record)?.id ?? "";
      const conflict = { id, local: show(local.record), remote: show(remote.record), localIsLater };
      return readDecision(await policy(conflict), id, (localIsLater ? local : remote).record ?? local.record ?? remote.record);
    }
  }
}

function mergeMetadata(
  local: SyncedRecord,
  remote: SyncedRecord,
  base: ReadonlyMap<string, string>,
  localIsLater: boolean,
): SyncedRecord {
  const later = localIsLater ? local : remote;
  const metadata = new Map<string, string>();
  for (const key of new Set([...local.metadata.keys(), ...remote.metadata.keys(), ...base.keys()])) {
    const [ours, theirs, before] = [local.metadata.get(key), remote.metadata.get(key), base.get(key)];
    const value = ours === before ? theirs : theirs === before ? ours : later.metadata.get(key);
    if (value !== undefined) {
      metadata.set(key, value);
    }
  }
  return { ...later, metadata: sorted(metadata) };
}

function sorted(metadata: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...metadata].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** A record as the caller's functions see it. */
export function show(record: SyncedRecord | null): ConflictRecord | null {
  if (!record) {
    return null;
  }
  const metadata = Object.fromEntries([...record.metadata].map(([key, json]) => [key, JSON.parse(json) as unknown]));
  return {
    document: record.document,
    uri: record.uri,
    metadata: record.metadata.size === 0 ? null : deserializeMetadata<Metadata>(metadata),
    ...(record.embedding && { embedding: Array.from(record.embedding) }),
  };
}

/** The metadata of a record that a function has made, as JSON values. */
function readMetadata(metadata: Metadata | null): Map<string, string> {
  const plain = Object.entries(metadata ? serializeMetadata(metadata, "drop") : {});
  return sorted(new Map(plain.map(([key, value]) => [key, canonical(JSON.stringify(value))])));
}

function readDecision(
  decision: "local" | "remote" | ConflictRecord | null,
  id: string,
  fallback: SyncedRecord | null,
): Resolution {
  if (decision === "local" || decision === "remote") {
    return decision;
  }
  if (decision === null) {
    return { record: null };
  }
  const { document, uri, metadata, embedding } = decision;
  const vector = embedding ? Float32Array.from(embedding) : fallback?.embedding;
  return { record: { id, document, uri, metadata: readMetadata(metadata), ...(vector && { embedding: vector }) } };
}
