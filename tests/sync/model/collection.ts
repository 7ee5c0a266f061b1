/** Records of a collection, in the order of their internal offsets: that of insertion. */

import { invalid } from "./errors.js";
import type { Filter, Filtered } from "./filter.js";
import { type Change, DOCUMENT, isHidden, logged, URI, type Value } from "./values.js";

/** Plain data, which can be cloned. */
export interface ModelRecord extends Filtered {
  id: string;
  embedding: Float32Array;
  document: string | undefined;
  uri: string | undefined;
  metadata: Map<string, Value>;
}

export type Space = "l2" | "cosine" | "ip";

export interface ModelCollection {
  id: string;
  name: string;
  tenant: string;
  database: string;
  metadata: Map<string, Value> | undefined;
  /** Texts of the members of `configuration_json.hnsw`. */
  hnsw: Map<string, string>;
  space: Space;
  /** JSON. */
  embeddingFunction: string;
  /** Types of the values that a metadata key was seen with. */
  keys: Map<string, Set<string>>;
  dimension: number | undefined;
  /** A map keeps the place of a key that is set again, and gives one that was deleted a new place: so do offsets. */
  records: Map<string, ModelRecord>;
}

/** One record's part of a write. */
export interface Row {
  id: string;
  embedding: Float32Array | undefined;
  document: string | undefined;
  uri: string | undefined;
  change: Change | undefined;
}

export type Kind = "add" | "update" | "upsert";

/** What a write says about its embeddings, against each other and against the collection, which gets its dimension here. */
export function checkDimensions(collection: ModelCollection, rows: (Float32Array | undefined)[]): void {
  const dimensions = new Set(rows.flatMap((row) => (row ? [row.length] : [])));
  const [dimension] = dimensions;
  if (dimension === undefined) {
    return;
  }
  if (dimensions.size > 1) {
    throw invalid("Inconsistent dimensions in provided embeddings");
  }
  collection.dimension ??= dimension;
  if (collection.dimension !== dimension) {
    throw invalid(`Collection expecting embedding with dimension of ${String(collection.dimension)}, got ${String(dimension)}`);
  }
}

export function write(collection: ModelCollection, kind: Kind, rows: Row[]): void {
  for (const row of rows) {
    const record = collection.records.get(row.id);
    if (record && kind !== "add") {
      change(collection, record, row);
    } else if (!record && kind !== "update") {
      const added = { id: row.id, embedding: new Float32Array(), document: undefined, uri: undefined, metadata: new Map() };
      change(collection, added, row);
      collection.records.set(row.id, added);
    }
  }
}

/** Merges: what is not mentioned stays, a null deletes its key. */
function change(collection: ModelCollection, record: ModelRecord, row: Row): void {
  if (row.embedding) {
    record.embedding = collection.space === "cosine" ? renormalised(row.embedding) : row.embedding;
  }
  record.document = row.document ?? record.document;
  record.uri = row.uri ?? record.uri;
  for (const [key, value] of row.change ?? []) {
    changeKey(record, key, value);
    noteType(collection, key, value);
  }
}

function changeKey(record: ModelRecord, key: string, value: Value | null): void {
  if (key === DOCUMENT || key === URI) {
    const text = typeof value === "string" ? value : undefined;
    Object.assign(record, key === DOCUMENT ? { document: text } : { uri: text });
  } else if (value === null) {
    record.metadata.delete(key);
  } else {
    record.metadata.set(key, logged(value));
  }
}

const TYPES: Record<string, string> = { boolean: "bool", bigint: "int", number: "float", string: "string" };

function noteType({ keys }: ModelCollection, key: string, value: Value | null): void {
  const type = TYPES[typeof (Array.isArray(value) ? value[0] : value)];
  if (type !== undefined && !isHidden(key)) {
    keys.set(key, (keys.get(key) ?? new Set()).add(type));
  }
}

/**
 * An index for cosine keeps unit vectors and their lengths, and multiplies them when it is asked: all in 32-bit floats, so that few vectors
 * come back as they went.
 */
function renormalised(vector: Float32Array): Float32Array {
  const single = Math.fround;
  const squares = vector.reduce((sum, value) => single(sum + single(value * value)), 0);
  const length = single(Math.sqrt(squares));
  const scale = single(1 / single(length + single(1e-30)));
  return vector.map((value) => single(single(value * scale) * length));
}

export interface Selection {
  ids: readonly string[] | undefined;
  filter: Filter | undefined;
  limit: number;
  offset: number;
}

/** The order of ids in a request does not matter. */
export function select({ records }: ModelCollection, { ids, filter, limit, offset }: Selection): ModelRecord[] {
  const wanted = ids && new Set(ids);
  const found: ModelRecord[] = [];
  for (const record of candidates(records, wanted)) {
    if (filter?.matches(record) !== false) {
      found.push(record);
    }
  }
  return found.slice(offset, offset + limit);
}

function candidates(records: Map<string, ModelRecord>, wanted: Set<string> | undefined): Iterable<ModelRecord> {
  return wanted ? Array.from(records.values()).filter(({ id }) => wanted.has(id)) : records.values();
}
