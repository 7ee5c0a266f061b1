/** Sparse vectors that the functions of a schema make of texts. */

import { ChromaValueError } from "../errors.js";
import type { SparseEmbeddingFunction } from "../embedding/types.js";
import type { Metadata, SparseVector } from "../types.js";
import { DOCUMENT_KEY, type Schema } from "./schema.js";

/** Vectors of texts, with the function's own way for queries where it has one. */
export async function sparseVectors(
  ef: SparseEmbeddingFunction,
  texts: string[],
  isQuery: boolean,
): Promise<SparseVector[]> {
  const vectors = isQuery && ef.generateForQueries ? await ef.generateForQueries(texts) : await ef.generate(texts);
  if (vectors.length !== texts.length) {
    throw new ChromaValueError("Sparse embedding function returned unexpected number of embeddings.");
  }
  return vectors;
}

/** Metadata with the vectors of those keys that have a function and a source, where the caller gave none. */
export async function embedSparse(
  schema: Schema | undefined,
  metadatas: (Metadata | null)[] | undefined,
  documents: string[] | undefined,
): Promise<(Metadata | null)[] | undefined> {
  const targets = Object.entries(schema?.keys ?? {}).flatMap(([key, { sparseVector }]) => {
    const index = sparseVector?.sparseVectorIndex;
    const { embeddingFunction, sourceKey } = index?.config ?? {};
    return index?.enabled && embeddingFunction && sourceKey ? [{ key, embeddingFunction, sourceKey }] : [];
  });
  const rows = metadatas ?? documents?.map(() => null);
  if (targets.length === 0 || !rows) {
    return metadatas;
  }
  const embedded = rows.map((metadata): Metadata => ({ ...metadata }));
  for (const { key, embeddingFunction, sourceKey } of targets) {
    const texts: string[] = [];
    const places: number[] = [];
    embedded.forEach((metadata, row) => {
      const text = sourceKey === DOCUMENT_KEY ? documents?.[row] : metadata[sourceKey];
      if (!Object.hasOwn(metadata, key) && typeof text === "string") {
        texts.push(text);
        places.push(row);
      }
    });
    const vectors = texts.length > 0 ? await sparseVectors(embeddingFunction, texts, false) : [];
    vectors.forEach((vector, i) => {
      const row = places[i] as number;
      // fromEntries defines its members, so that no key reaches a setter of Object.prototype.
      embedded[row] = Object.fromEntries([...Object.entries(embedded[row] ?? {}), [key, vector]]);
    });
  }
  return embedded.map((metadata) => (Object.keys(metadata).length === 0 ? null : metadata));
}

/** Puts the sparse functions of a schema where those of the other could not be built. */
export function adoptFunctions(schema: Schema | undefined, asked: Schema | undefined): void {
  for (const [key, { sparseVector }] of Object.entries(asked?.keys ?? {})) {
    const config = schema?.keys[key]?.sparseVector?.sparseVectorIndex?.config;
    if (config) {
      config.embeddingFunction ??= sparseVector?.sparseVectorIndex?.config.embeddingFunction ?? null;
    }
  }
}
