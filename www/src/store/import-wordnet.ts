import { Schema, SparseVectorIndexConfig, VectorIndexConfig, type Collection } from "chromatid";
import { ChromaBm25EmbeddingFunction } from "chromatid/bm25";
import { loadWordnet, WORDNET, WORDNET_SIZE, type GlossRecord } from "../data/wordnet";
import { MiniLmStatic, MINILM_STATIC } from "../embedding/minilm-static";
import type { Store } from "./open-store";

/** The key under which each gloss has the weights of its words. */
export const WORDS_KEY = "bm25";

/** Meanings by cosine distance, words by BM25, both made of the document. */
export function wordnetSchema(): Schema {
  const words = new SparseVectorIndexConfig({ embeddingFunction: new ChromaBm25EmbeddingFunction(), sourceKey: "#document", bm25: true });
  return new Schema()
    .createIndex(new VectorIndexConfig({ space: "cosine", embeddingFunction: new MiniLmStatic() }))
    .createIndex(words, WORDS_KEY);
}

/** Records a batch: the page draws and answers between batches, and each one is durable when it is done. */
export const BATCH = 250;

/** Member of the collection's metadata that says that all records were stored once, whatever was deleted since. */
export const COMPLETE = "import_complete";

export interface ImportProgress {
  /** Records stored, those of an earlier visit included */
  done: number;
  total: number;
  /** Records stored in a second of this visit; 0 before the first batch */
  perSecond: number;
}

/** The collection of glosses if a former visit stored all of them. */
export async function findWordnet(store: Store): Promise<Collection | undefined> {
  const collection = await findCollection(store, WORDNET);
  return collection?.metadata?.[COMPLETE] === true ? collection : undefined;
}

async function findCollection(store: Store, name: string): Promise<Collection | undefined> {
  const names = new Set((await store.listCollections({ limit: 1000 })).map((collection) => collection.name));
  return names.has(name) ? store.getCollection({ name, embeddingFunction: new MiniLmStatic() }) : undefined;
}

/**
 * Embeds and stores the glosses, telling `onProgress` after each batch. A visit that ended midway is taken up where it
 * stopped: only records that are not there are embedded.
 */
export async function importWordnet(store: Store, onProgress: (progress: ImportProgress) => void): Promise<Collection> {
  onProgress({ done: 0, total: WORDNET_SIZE, perSecond: 0 });
  const [records, collection] = await Promise.all([loadWordnet(), findOrCreate(store)]);
  const present = new Set((await collection.get({ include: [] })).ids);
  await addBatches(
    collection,
    records.filter(({ id }) => !present.has(id)),
    (added, perSecond) => onProgress({ done: records.length - added.left, total: records.length, perSecond }),
  );
  await collection.modify({ metadata: { ...collection.metadata, [COMPLETE]: true } });
  return collection;
}

/** One that an earlier version began is gone on with as it is. */
async function findOrCreate(store: Store): Promise<Collection> {
  const metadata = { source: "WordNet 3.1", model: MINILM_STATIC, [COMPLETE]: false };
  return (await findCollection(store, WORDNET)) ?? store.createCollection({ name: WORDNET, schema: wordnetSchema(), metadata });
}

async function addBatches(
  collection: Collection,
  records: readonly GlossRecord[],
  onBatch: (state: { left: number }, perSecond: number) => void,
): Promise<void> {
  onBatch({ left: records.length }, 0);
  const start = performance.now();
  for (let from = 0; from < records.length; from += BATCH) {
    const batch = records.slice(from, from + BATCH);
    await collection.add({
      ids: batch.map(({ id }) => id),
      documents: batch.map(({ document }) => document),
      metadatas: batch.map(({ metadata }) => metadata),
    });
    const added = from + batch.length;
    onBatch({ left: records.length - added }, (added * 1000) / (performance.now() - start));
    await nextTask();
  }
}

/** Lets input and drawing go first. */
export const nextTask = () => new Promise<void>((resume) => setTimeout(resume));
