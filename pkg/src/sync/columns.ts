/** Columns of reads as rows, to put results of two sides together. */

import type { GetColumns } from "../engine/engine.js";

/** A record as it was read; undefined for what was not included. */
export interface Row {
  id: string;
  document: string | null | undefined;
  uri: string | null | undefined;
  metadata: object | null | undefined;
  embedding: Float32Array | undefined;
}

export function rowsOf({ ids, documents, uris, metadatas, embeddings }: GetColumns): Row[] {
  return ids.map((id, at) => ({
    id,
    document: documents?.[at],
    uri: uris?.[at],
    metadata: metadatas?.[at],
    embedding: embeddings?.data.subarray(at * embeddings.dimension, (at + 1) * embeddings.dimension),
  }));
}

export function joinColumns(rows: readonly Row[], include: readonly string[]): GetColumns {
  const column = <T>(name: string, of: (row: Row) => T | null | undefined): (T | null)[] | null =>
    include.includes(name) ? rows.map((row) => of(row) ?? null) : null;
  const dimension = rows[0]?.embedding?.length ?? 0;
  const data = new Float32Array(include.includes("embeddings") ? rows.length * dimension : 0);
  if (data.length > 0) {
    rows.forEach(({ embedding }, at) => embedding && data.set(embedding, at * dimension));
  }
  return {
    ids: rows.map(({ id }) => id),
    embeddings: include.includes("embeddings") ? { data, dimension } : null,
    documents: column("documents", ({ document }) => document),
    uris: column("uris", ({ uri }) => uri),
    metadatas: column("metadatas", ({ metadata }) => metadata),
  };
}
