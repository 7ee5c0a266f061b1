import type { Collection, QueryResult, Where } from "chromatid";
import { RESULT_LIMIT, type Hit } from "./hit";

const INCLUDE = ["documents", "metadatas", "distances"] as const;

/** The records whose embeddings are nearest to the text's. */
export async function searchMeaning(collection: Collection, text: string, where: Where | undefined): Promise<Hit[]> {
  const result = await collection.query({
    queryTexts: [text],
    nResults: RESULT_LIMIT,
    include: [...INCLUDE],
    ...(where && { where }),
  });
  return hitsOf(result);
}

/** The records nearest to a stored one, by its stored embedding; without the record itself. */
export async function searchSimilar(collection: Collection, id: string, where: Where | undefined): Promise<Hit[]> {
  const record = await collection.get({ ids: [id], include: ["embeddings"] });
  const embedding = record.embeddings[0];
  if (!embedding) throw new Error(`There is no record ${id} any more`);
  const result = await collection.query({
    queryEmbeddings: [embedding],
    nResults: RESULT_LIMIT + 1,
    include: [...INCLUDE],
    ...(where && { where }),
  });
  return hitsOf(result)
    .filter((hit) => hit.id !== id)
    .slice(0, RESULT_LIMIT);
}

function hitsOf(result: QueryResult): Hit[] {
  const rows = result.rows()[0] ?? [];
  return rows.map(({ id, document = null, metadata = null, distance }) => ({
    id,
    document,
    metadata,
    ...(typeof distance === "number" && { distance }),
  }));
}
