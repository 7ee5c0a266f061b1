/** Records as synchronisation compares and sends them. */

import { canonicalMembers, objectOf } from "./canonical.js";
import { sha256 } from "./sha256.js";

/** A record, its metadata as JSON values in canonical form, by their keys. */
export interface SyncedRecord {
  id: string;
  document: string | null;
  uri: string | null;
  metadata: ReadonlyMap<string, string>;
  embedding?: Float32Array;
}

/** What decides which of two states of a record is the later one. */
export interface Version {
  /** Edit stamp. */
  stamp: number;
  /** The replica that made the edit: of equal stamps, the larger name wins. */
  replica: string;
}

/** What a cooperating replica has written into the metadata of a record. */
export interface Marks extends Version {
  /** Push stamp: the server's time when the record was sent. */
  sent: number;
  /** Digest of the content that the stamps are about. */
  digest: string;
}

/** A state of a record as the remote has it. */
export interface RemoteRecord extends SyncedRecord {
  /** Undefined for a record that nobody who knows of them has written. */
  marks: Marks | undefined;
}

/** Metadata keys that are ours begin so. */
export const RESERVED_PREFIX = "_cid_";

/** The keys of the marks in the metadata of remote records. */
export const KEYS = { version: "_cid_v", sent: "_cid_s", edited: "_cid_h", origin: "_cid_o" } as const;

/** The version of the protocol that this writes. */
const PROTOCOL = "1";

/** The replica of edits that nobody has stamped. */
export const FOREIGN = "~";

/** Positive if `a` is later than `b`. */
export function compareVersions(a: Version, b: Version): number {
  return a.stamp - b.stamp || (a.replica < b.replica ? -1 : a.replica > b.replica ? 1 : 0);
}

/** Takes the marks out of the metadata of a remote record. */
export function readMetadata(json: string): { metadata: Map<string, string>; marks: Marks | undefined } {
  const metadata = json === "null" ? new Map<string, string>() : canonicalMembers(json);
  const marks = readMarks(metadata);
  for (const key of [...metadata.keys()]) {
    if (key.startsWith(RESERVED_PREFIX)) {
      metadata.delete(key);
    }
  }
  return { metadata, marks };
}

function readMarks(metadata: ReadonlyMap<string, string>): Marks | undefined {
  const sent = Number(metadata.get(KEYS.sent));
  const stamp = Number(metadata.get(KEYS.edited));
  const origin = metadata.get(KEYS.origin);
  const isOurs = metadata.get(KEYS.version) === PROTOCOL && Number.isSafeInteger(sent) && Number.isSafeInteger(stamp);
  if (!isOurs || origin?.startsWith('"') !== true) {
    return undefined;
  }
  const [replica, digest] = (JSON.parse(origin) as string).split(":");
  return replica === undefined || digest === undefined ? undefined : { sent, stamp, replica, digest };
}

/** The members that marks are in metadata. */
export function writeMarks({ sent, stamp, replica, digest }: Marks): [key: string, json: string][] {
  return [
    [KEYS.version, PROTOCOL],
    [KEYS.sent, String(sent)],
    [KEYS.edited, String(stamp)],
    [KEYS.origin, JSON.stringify(`${replica}:${digest}`)],
  ];
}

const encoder = new TextEncoder();

/** 64 bits of a hash over everything but the embedding, which servers may normalise. Floats count to twelve digits: a server may miss the last ones. */
export function contentDigest(record: SyncedRecord): string {
  return digestOf(record, rounded(record.metadata));
}

/** The same with all digits of floats; undefined where twelve are all there are. */
export function exactDigest(record: SyncedRecord): string | undefined {
  const { metadata } = record;
  const isRounded = [...rounded(metadata)].some(([key, value]) => value !== metadata.get(key));
  return isRounded ? digestOf(record, metadata) : undefined;
}

function digestOf({ id, document, uri }: SyncedRecord, metadata: ReadonlyMap<string, string>): string {
  return hex(sha256(encoder.encode(JSON.stringify([id, document, uri]) + objectOf(metadata))));
}

/** Chroma's server reads one in six floats of 17 digits as a neighbour of what is written. */
const DIGITS = 12;
const LONG_FLOAT = /-?\d[\d.]{12,}(?:e[+-]?\d+)?/gi;

function rounded(metadata: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...metadata].map(([key, value]) => [key, roundedValue(value)]));
}

function roundedValue(value: string): string {
  if (value === "-0.0") {
    return "0.0";
  }
  if (value.length <= DIGITS || value.includes('"')) {
    return value;
  }
  return value.replace(LONG_FLOAT, (text) => (/[.e]/i.test(text) ? String(Number(Number(text).toPrecision(DIGITS))) : text));
}

/** 64 bits of a hash over the components of an embedding. Nobody but the replica that has it compares them. */
export function embeddingDigest(embedding: Float32Array): string {
  return hex(sha256(new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength)));
}

function hex(hash: Uint8Array): string {
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The largest relative difference of components that is not a change. */
const TOLERANCE = 1e-5;

/** Whether two embeddings are the same but for rounding; with `direction` also but for their lengths, which servers normalise. */
export function isSameEmbedding(a: Float32Array, b: Float32Array, direction: boolean): boolean {
  if (a.length !== b.length) {
    return false;
  }
  const [ofA, ofB] = direction ? [lengthOf(a) || 1, lengthOf(b) || 1] : [1, 1];
  const scale = Math.max(lengthOf(a) / ofA, lengthOf(b) / ofB) / Math.sqrt(a.length || 1);
  return a.every((component, place) => Math.abs(component / ofA - (b[place] as number) / ofB) <= TOLERANCE * (scale || 1));
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, component) => sum + component * component, 0));
}
