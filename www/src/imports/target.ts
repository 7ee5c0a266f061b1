import { Schema, SparseVectorIndexConfig, VectorIndexConfig, type Collection } from "chromatid";
import { ChromaBm25EmbeddingFunction } from "chromatid/bm25";
import { functionOf, SUGGESTED } from "../embedding/model";
import { WORDS_KEY } from "../store/import-wordnet";
import type { Store } from "../store/open-store";
import { ImportError } from "./import-error";
import type { NewCollection, Options } from "./job";

/** The collection of an import: the one that is there, or a new one, which an earlier visit may have made. */
export async function targetOf(store: Store, { collection: name, create }: Options): Promise<Collection> {
  const there = (await store.listCollections({ limit: 10_000 })).some((each) => each.name === name);
  if (there) return store.getCollection({ name });
  if (!create) throw new ImportError("no-target", `There is no collection “${name}” any more`);
  return store.createCollection({ name, schema: schemaOf(create), metadata: { source: "import" } });
}

/** Words are indexed too (BM25), so that everything imported can be searched by them. */
function schemaOf({ vectors, space, model = SUGGESTED["built-in"] }: NewCollection): Schema {
  const words = new SparseVectorIndexConfig({ embeddingFunction: new ChromaBm25EmbeddingFunction(), sourceKey: "#document", bm25: true });
  const meaning = vectors === "model" ? { space: "cosine" as const, embeddingFunction: functionOf(model) } : { space, embeddingFunction: null };
  return new Schema().createIndex(new VectorIndexConfig(meaning)).createIndex(words, WORDS_KEY);
}
