/** A linked collection as this store has it: its records, and the rows of its shadow. */

import type { Engine } from "../engine/engine.js";
import type { Replication, ShadowRowJson } from "../engine/replication.js";
import { packMatrix } from "../matrix.js";
import { canonicalMembers, objectOf } from "./canonical.js";
import type { SyncedRecord, Version } from "./records.js";

/** What is known about a record's replicas. */
export interface ShadowRow {
  id: string;
  /** The time, by the clock of this machine, of an edit that was not dealt with. */
  edited: number | undefined;
  /** The version that this replica and the remote last had in common; undefined for a record that has never been on the remote. */
  version: Version | undefined;
  /** Digest of the content of that version. */
  digest: string | undefined;
  /** Digest of the embedding that this replica had then. */
  embedding: string | undefined;
  /** Digest of the content that this replica had then, to the last digit, where that is another one. */
  exact: string | undefined;
  /** Whether that version is that the record is deleted. */
  isGone: boolean;
  /** Whether the remote had the record. */
  isPresent: boolean;
  /** Whether the remote was seen with an earlier version: this one goes there again. */
  isToRepair: boolean;
  /** The stamp with which the record is written again, while it is deleted at the remote for that. */
  away: number | undefined;
  /** What the server said when it refused the record. */
  refusal: string | undefined;
  /** Metadata of that version, kept where edits are merged key by key. */
  base: ReadonlyMap<string, string> | undefined;
}

/** Changes of a row; what is undefined stays, and null goes. */
export interface RowChange {
  edited?: number | null;
  version?: Version | null;
  digest?: string | null;
  embedding?: string | null;
  exact?: string | null;
  isGone?: boolean;
  isPresent?: boolean;
  isToRepair?: boolean;
  away?: number | null;
  refusal?: string | null;
  base?: ReadonlyMap<string, string>;
}

/** A record that was dealt with. */
export interface Change {
  id: string;
  /** As the row had it that the decision was made on. */
  edited: number | undefined;
  /** The record from now on, with its embedding; null deletes it, undefined leaves it. */
  record?: SyncedRecord | null;
  /** Null forgets everything about the record. */
  row: RowChange | null;
}

/** A row about the link as a whole. */
export interface LinkRow {
  id: string;
  row: ShadowRowJson | null;
}

const RECORD = "r:";

/** Path of a collection: tenant, database, id. */
export type CollectionPath = [tenant: string, database: string, collection: string];

/** Rows that are read or written at once. */
const PAGE = 5000;

export class Replica {
  readonly #engine: () => Promise<Engine>;
  readonly path: CollectionPath;
  #present: number | undefined;

  constructor(engine: () => Promise<Engine>, path: CollectionPath) {
    this.#engine = engine;
    this.path = path;
  }

  /** Rows by the ids of their records. */
  async rows(ids: readonly string[]): Promise<Map<string, ShadowRow>> {
    const rows = new Map<string, ShadowRow>();
    for (const some of pages(ids)) {
      const found = await this.#shadow({ ids: some.map((id) => RECORD + id), include: ["metadatas", "documents"] });
      found.forEach((row) => rows.set(row.id, row));
    }
    return rows;
  }

  /** Rows of records whose edits were not dealt with. */
  edited(limit?: number): Promise<ShadowRow[]> {
    return this.#shadow({ where: { e: { $gt: 0 } }, limit, include: ["metadatas", "documents"] });
  }

  /** How many records have edits that were not dealt with. */
  async pending(): Promise<number> {
    return (await this.#ids({ e: { $gt: 0 } })).length;
  }

  /** Ids of the records that the remote had when it was last seen. */
  async presentIds(): Promise<string[]> {
    const ids = await this.#ids({ p: true });
    this.#present = ids.length;
    return ids;
  }

  /** How many records the remote had. */
  async present(): Promise<number> {
    return this.#present ?? (await this.presentIds()).length;
  }

  /** Records that the server refused, with what it said. */
  async refused(): Promise<{ id: string; message: string }[]> {
    const rows = await this.#shadow({ where: { r: true }, include: ["metadatas"] });
    return rows.map(({ id, refusal }) => ({ id, message: refusal ?? "" }));
  }

  /** Deletions that were agreed on before a time, in the order in which they are kept. */
  async forgottenBefore(stamp: number, limit: number): Promise<string[]> {
    const rows = await this.#shadow({ where: { $and: [{ g: true }, { h: { $lt: stamp } }] }, limit, include: ["metadatas"] });
    return rows.filter(({ edited }) => edited === undefined).map(({ id }) => id);
  }

  /** All records' ids. */
  async recordIds(): Promise<string[]> {
    const engine = await this.#engine();
    return (await engine.exactRecords(...this.path, { include: [] })).ids;
  }

  /** Records by their ids; with `where`, those of them that match. */
  async records(ids: readonly string[], { embeddings = true, where }: { embeddings?: boolean; where?: object } = {}): Promise<Map<string, SyncedRecord>> {
    const engine = await this.#engine();
    const records = new Map<string, SyncedRecord>();
    const content = ["documents", "metadatas", "uris"];
    for (const some of pages(ids)) {
      const request = { ids: some, include: embeddings ? [...content, "embeddings"] : content, ...(where && { where: where as Record<string, unknown> }) };
      const found = await engine.exactRecords(...this.path, request);
      const dimension = found.embeddings?.dimension ?? 0;
      found.ids.forEach((id, place) => {
        const json = found.metadatas?.[place];
        records.set(id, {
          id,
          document: found.documents?.[place] ?? null,
          uri: found.uris?.[place] ?? null,
          metadata: json == null ? new Map<string, string>() : canonicalMembers(json),
          ...(found.embeddings && { embedding: found.embeddings.data.slice(place * dimension, (place + 1) * dimension) }),
        });
      });
    }
    return records;
  }

  /** Writes what was found out, in one step. Answers the ids of records that were edited since: of them nothing was written. */
  async commit(changes: readonly Change[], linkRows: readonly LinkRow[] = []): Promise<ReadonlySet<string>> {
    if (changes.length === 0 && linkRows.length === 0) {
      return new Set();
    }
    this.#present = undefined;
    const engine = await this.#engine();
    return new Set(await engine.replicate(...this.path, toReplication(changes, linkRows)));
  }

  /** Changes a record's row whatever was edited meanwhile; the edit stays noted. */
  rowOf(id: string, row: RowChange): LinkRow {
    return { id: RECORD + id, row: rowToJson(row) };
  }

  /** A row about the link. */
  async linkRow(id: string): Promise<ShadowRowJson | undefined> {
    return (await this.linkRows([id])).get(id);
  }

  async linkRows(ids: readonly string[]): Promise<Map<string, ShadowRowJson>> {
    const engine = await this.#engine();
    const found = await engine.shadowRows(...this.path, { ids: [...ids], include: ["metadatas", "documents"] });
    return new Map(
      found.ids.map((id, place) => [id, { metadata: { ...found.metadatas?.[place] }, document: found.documents?.[place] ?? null }]),
    );
  }

  /** Rows about the link that match, with their ids. */
  async findLinkRows(where: object): Promise<[string, ShadowRowJson][]> {
    const engine = await this.#engine();
    const request = { where: where as Record<string, unknown>, include: ["metadatas", "documents"] };
    const found = await engine.shadowRows(...this.path, request);
    return found.ids.map((id, place) => [
      id,
      { metadata: { ...found.metadatas?.[place] }, document: found.documents?.[place] ?? null },
    ]);
  }

  async #shadow(request: ShadowRequest): Promise<ShadowRow[]> {
    const engine = await this.#engine();
    const found = await engine.shadowRows(...this.path, request);
    return found.ids.map((id, place) =>
      readRow(id.slice(RECORD.length), found.metadatas?.[place] ?? {}, found.documents?.[place] ?? null),
    );
  }

  async #ids(where: Record<string, unknown>): Promise<string[]> {
    const engine = await this.#engine();
    const { ids } = await engine.shadowRows(...this.path, { where, include: [] });
    return ids.filter((id) => id.startsWith(RECORD)).map((id) => id.slice(RECORD.length));
  }
}

interface ShadowRequest {
  ids?: string[];
  where?: Record<string, unknown>;
  limit?: number;
  include: string[];
}

/** What rows hold, under short names: there is one for each record. */
interface RowMembers {
  e?: number;
  h?: number;
  o?: string;
  d?: string;
  v?: string;
  m?: string;
  g?: boolean;
  p?: boolean;
  k?: boolean;
  a?: number;
  r?: boolean;
  x?: string;
}

function readRow(id: string, members: RowMembers, base: string | null): ShadowRow {
  const { e, h, o, d, v, m, g = false, p = false, k = false, a, x } = members;
  return {
    id,
    edited: e,
    version: h === undefined || o === undefined ? undefined : { stamp: h, replica: o },
    digest: d,
    embedding: v,
    exact: m,
    isGone: g,
    isPresent: p,
    isToRepair: k,
    away: a,
    refusal: x,
    base: base === null ? undefined : canonicalMembers(base),
  };
}

function rowToJson({ edited, version, digest, embedding, exact, isGone, isPresent, isToRepair, away, refusal, base }: RowChange): ShadowRowJson {
  const members: [keyof RowMembers, unknown][] = [
    ["e", edited],
    ["h", version && version.stamp],
    ["o", version && version.replica],
    ["d", digest],
    ["v", embedding],
    ["m", exact],
    ["g", flag(isGone)],
    ["p", flag(isPresent)],
    ["k", flag(isToRepair)],
    ["a", away],
    ["r", refusal === undefined ? undefined : flag(refusal !== null)],
    ["x", refusal],
  ];
  if (version === null) {
    members.push(["h", null], ["o", null]);
  }
  const metadata = Object.fromEntries(members.filter(([, value]) => value !== undefined));
  return { metadata, document: base ? objectOf(base) : null };
}

/** Rows have a flag, or do not: what is false is not indexed. */
function flag(value: boolean | undefined): true | null | undefined {
  return value === undefined ? undefined : value || null;
}

function toReplication(changes: readonly Change[], linkRows: readonly LinkRow[]): Replication {
  const puts = changes.flatMap(({ record }) => (record ? [record] : []));
  return {
    ids: changes.map(({ id }) => id),
    edited: changes.map(({ edited }) => edited ?? null),
    changes: changes.map(({ record }) => (record === undefined ? "keep" : record === null ? "delete" : "put")),
    rows: changes.map(({ row }) => row && rowToJson(row)),
    records:
      puts.length === 0
        ? undefined
        : {
            ids: puts.map(({ id }) => id),
            embeddings: packMatrix(puts.map(({ embedding }) => embedding ?? [])),
            documents: puts.map(({ document }) => document),
            uris: puts.map(({ uri }) => uri),
            metadatas: puts.map(({ metadata }) => objectOf(metadata)),
          },
    link_rows: { ids: linkRows.map(({ id }) => id), rows: linkRows.map(({ row }) => row) },
  };
}

/** Cuts a list. */
export function* pages<T>(items: readonly T[], size = PAGE): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) {
    yield items.slice(at, at + size);
  }
}
