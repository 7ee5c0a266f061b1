/** Versions that conflicts were decided against, and local records that synchronisation has deleted: kept for a while, in case they are missed. */

import type { ShadowRowJson } from "../engine/replication.js";
import { canonicalMembers, objectOf } from "./canonical.js";
import { type ConflictRecord, show } from "./conflicts.js";
import type { SyncedRecord, Version } from "./records.js";
import type { LinkRow, Replica } from "./replica.js";

/** A version that was not kept. */
export interface JournalEntry {
  /** By which it is found again. */
  key: string;
  id: string;
  /** Whose version it was. */
  side: "local" | "remote";
  /** When the decision was made, in milliseconds since 1970. */
  at: number;
  /** Null for a deletion that came to nothing. */
  record: ConflictRecord | null;
}

/** How many versions are kept at most. */
export const JOURNAL_ENTRIES = 1000;

const PREFIX = "j:";

/** A version on its way into the journal. */
export function journalRow(
  { id, version, record }: { id: string; version: Version; record: SyncedRecord | null },
  side: "local" | "remote",
  at: number,
): LinkRow {
  // The same decision, made again after a crash, makes the same entry.
  const key = `${PREFIX}${String(version.stamp)}:${version.replica}:${side}:${id}`;
  const metadata = { j: Math.floor(at), id, side, gone: record === null };
  return { id: key, row: { metadata, document: record && write(record) } };
}

/** The entries, latest first. */
export async function readJournal(replica: Replica): Promise<JournalEntry[]> {
  const rows = await replica.findLinkRows({ j: { $gt: 0 } });
  const entries = rows.map(([key, row]) => readEntry(key, row));
  return entries.sort((a, b) => b.at - a.at);
}

/** Rows that let the oldest entries go. */
export async function pruneJournal(replica: Replica): Promise<LinkRow[]> {
  const entries = await readJournal(replica);
  return entries.slice(JOURNAL_ENTRIES).map(({ key }) => ({ id: key, row: null }));
}

/** The record of an entry as it was, to be written again. */
export async function journalRecord(replica: Replica, key: string): Promise<{ id: string; record: SyncedRecord | null } | undefined> {
  const row = await replica.linkRow(key);
  return row && { id: row.metadata.id as string, record: row.document === null ? null : read(row.metadata.id as string, row.document) };
}

function readEntry(key: string, { metadata, document }: ShadowRowJson): JournalEntry {
  const { j, id, side } = metadata as { j: number; id: string; side: "local" | "remote" };
  return { key, id, side, at: j, record: document === null ? null : show(read(id, document)) };
}

function write({ document, uri, metadata, embedding }: SyncedRecord): string {
  const values = { document, uri, embedding: embedding && Array.from(embedding) };
  return JSON.stringify([JSON.stringify(values), objectOf(metadata)]);
}

function read(id: string, json: string): SyncedRecord {
  const [values, metadata] = JSON.parse(json) as [string, string];
  const { document, uri, embedding } = JSON.parse(values) as { document: string | null; uri: string | null; embedding?: number[] };
  return {
    id,
    document,
    uri,
    metadata: canonicalMembers(metadata),
    ...(embedding && { embedding: Float32Array.from(embedding) }),
  };
}
