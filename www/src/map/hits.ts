/** What a text finds in any collection, for the map to show. */

import { K, Knn, Search, type Collection } from "chromatid";
import { sparseKey } from "../data/schema-keys";

const HITS = 60;

/** Ids, best first: by meaning if the console can embed texts for the collection, else by words, else by letters. */
export async function findHits(collection: Collection, text: string): Promise<string[]> {
  const query = text.trim();
  const key = sparseKey(collection.schema);
  if (!collection.embeddingFunction && !key) {
    return (await collection.get({ whereDocument: { $contains: query }, limit: HITS, include: [] })).ids;
  }
  const rank = collection.embeddingFunction ? Knn({ query, limit: HITS }) : Knn({ query, key: key ?? "", limit: HITS });
  const result = await collection.search(new Search({ rank, limit: HITS, select: [K.SCORE] }));
  return result.ids[0] ?? [];
}
