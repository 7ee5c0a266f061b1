import type { Collection } from "chromatid";
import { WORDNET } from "../data/wordnet";
import { MiniLmStatic } from "../embedding/minilm-static";
import { BATCH, COMPLETE, nextTask, wordnetSchema, type ImportProgress } from "./import-wordnet";
import type { Store } from "./open-store";

/** Where the records are put together; it takes the name of the old collection once it has all of them. */
const NEXT = `${WORDNET}-with-words`;

/**
 * Stores the records of a collection without an index of words anew, with one. Their embeddings are kept, and so is what the
 * user changed. Until all are copied the old collection stays as it is.
 */
export async function indexWords(store: Store, onProgress: (progress: ImportProgress) => void): Promise<Collection> {
  const embeddingFunction = new MiniLmStatic();
  const old = await store.getCollection({ name: WORDNET, embeddingFunction });
  const names = (await store.listCollections({ limit: 1000 })).map(({ name }) => name);
  // Left behind by a visit that ended midway.
  if (names.includes(NEXT)) await store.deleteCollection({ name: NEXT });
  const next = await store.createCollection({
    name: NEXT,
    schema: wordnetSchema(),
    metadata: { ...old.metadata, [COMPLETE]: false },
  });
  await copyRecords(old, next, onProgress);
  await next.modify({ metadata: { ...old.metadata, [COMPLETE]: true } });
  await store.deleteCollection({ name: WORDNET });
  return takeName(store);
}

/** Ends what a visit began that ended between the deletion of the old collection and the naming of the new one. */
export async function finishIndexing(store: Store): Promise<Collection | undefined> {
  const collections = await store.listCollections({ limit: 1000 });
  const isWhole = collections.some(({ name, metadata }) => name === NEXT && metadata?.[COMPLETE] === true);
  return isWhole && collections.every(({ name }) => name !== WORDNET) ? takeName(store) : undefined;
}

async function takeName(store: Store): Promise<Collection> {
  const next = await store.getCollection({ name: NEXT, embeddingFunction: new MiniLmStatic() });
  await next.modify({ name: WORDNET });
  return next;
}

async function copyRecords(from: Collection, to: Collection, onProgress: (progress: ImportProgress) => void): Promise<void> {
  const total = await from.count();
  const start = performance.now();
  for (let done = 0; done < total; ) {
    onProgress({ done, total, perSecond: (done * 1000) / (performance.now() - start) });
    const { ids, embeddings, documents, metadatas } = await from.get({
      limit: BATCH,
      offset: done,
      include: ["embeddings", "documents", "metadatas"],
    });
    if (ids.length === 0) return;
    await to.add({ ids, embeddings, documents: documents.map((text) => text ?? ""), metadatas: metadatas.map((each) => each ?? {}) });
    done += ids.length;
    await nextTask();
  }
}
