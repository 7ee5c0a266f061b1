/** Keeps the index of passages what the passages are, however they came: kept here, imported, or pulled from a server. */

import type { Collection, Where } from "chromatid";
import { ChromaBm25EmbeddingFunction } from "chromatid/bm25";

import { asPassage, searchedText, WORDS } from "./records";

/** More revisions than anybody keeps pages. */
const ALL = 1_000_000;

export const bm25 = new ChromaBm25EmbeddingFunction();

/**
 * Makes the index of what `where` selects agree with the passages. What differs is told by how many records each side has of each revision, which the index of
 * metadata counts, so that nothing is read where nothing has changed.
 */
export async function follow(pages: Collection, index: Collection, where?: Where): Promise<void> {
  const [there, here] = await Promise.all([revisions(pages, where), revisions(index, where)]);
  for (const [revision, count] of there) {
    if (here.get(revision) !== count) {
      await copy(pages, index, revision);
    }
  }
  for (const revision of here.keys()) {
    if (!there.has(revision)) {
      // What has a new revision by now was written over, and is not found by the old one.
      await index.delete({ where: { revision } });
    }
  }
}

async function revisions(collection: Collection, where: Where | undefined): Promise<Map<string, number>> {
  const [facet] = await collection.facets({ keys: ["revision"], limit: ALL, ...(where && { where }) });
  return new Map(facet?.values.map(({ value, count }) => [String(value), count]));
}

async function copy(pages: Collection, index: Collection, revision: string): Promise<void> {
  const { ids, embeddings, documents, metadatas } = await pages.get({ where: { revision }, include: ["embeddings", "documents", "metadatas"] });
  const passages = ids.flatMap((id, i) => {
    const metadata = asPassage(metadatas[i]);
    const embedding = embeddings[i];
    return metadata && embedding ? [{ id, metadata, embedding, text: searchedText(metadata, documents[i] ?? "") }] : [];
  });
  if (passages.length > 0) {
    const weights = await bm25.generate(passages.map(({ text }) => text));
    await index.upsert({
      ids: passages.map(({ id }) => id),
      embeddings: passages.map(({ embedding }) => embedding),
      metadatas: passages.map(({ metadata: { page, site, language } }, i) => ({ page, revision, site, language, [WORDS]: weights[i] ?? null })),
    });
  }
  const left = await index.get({ where: { revision }, include: [] });
  const gone = left.ids.filter((id) => !ids.includes(id));
  if (gone.length > 0) {
    await index.delete({ ids: gone });
  }
}
