import type { Collection } from "chromatid";
import { loadWordnet, WORDNET, WORDNET_SIZE, type GlossRecord } from "../data/wordnet";
import { MiniLmStatic } from "../embedding/minilm-static";
import type { Store } from "./open-store";

/** Records a batch: the page draws and answers between batches, and each one is durable when it is done. */
const BATCH = 250;

/** Member of the collection's metadata that says that all records were stored once, whatever was deleted since. */
const COMPLETE = "import_complete";

export interface ImportProgress {
  /** Records stored, those of an earlier visit included */
  done: number;
  total: number;
  /** Records stored in a second of this visit; 0 before the first batch */
  perSecond: number;
}

/** The collection of glosses if a former visit stored all of them. */
export async function findWordnet(store: Store): Promise<Collection | undefined> {
  const names = new Set((await store.listCollections({ limit: 1000 })).map(({ name }) => name));
  if (!names.has(WORDNET)) return undefined;
  const collection = await store.getCollection({ name: WORDNET, embeddingFunction: new MiniLmStatic() });
  return collection.metadata?.[COMPLETE] === true ? collection : undefined;
}

/**
 * Embeds and stores the glosses, telling `onProgress` after each batch. A visit that ended midway is taken up where it
 * stopped: only records that are not there are embedded.
 */
export async function importWordnet(store: Store, onProgress: (progress: ImportProgress) => void): Promise<Collection> {
  onProgress({ done: 0, total: WORDNET_SIZE, perSecond: 0 });
  const embeddingFunction = new MiniLmStatic();
  const [records, collection] = await Promise.all([
    loadWordnet(),
    store.getOrCreateCollection({
      name: WORDNET,
      embeddingFunction,
      configuration: { hnsw: { space: "cosine" } },
      metadata: { source: "WordNet 3.1", model: embeddingFunction.name, [COMPLETE]: false },
    }),
  ]);
  const present = new Set((await collection.get({ include: [] })).ids);
  await addBatches(
    collection,
    records.filter(({ id }) => !present.has(id)),
    (added, perSecond) => onProgress({ done: records.length - added.left, total: records.length, perSecond }),
  );
  await collection.modify({ metadata: { ...collection.metadata, [COMPLETE]: true } });
  return collection;
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
const nextTask = () => new Promise<void>((resume) => setTimeout(resume));
