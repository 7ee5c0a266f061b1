import { Chroma } from "@langchain/community/vectorstores/chroma";
import { Document } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";

import { GLOSSES } from "./glosses.js";

class Table extends Embeddings {
  constructor(embed) {
    super({});
    this.embed = embed;
  }
  embedDocuments(texts) {
    return Promise.resolve(texts.map(this.embed));
  }
  embedQuery(text) {
    return Promise.resolve(this.embed(text));
  }
}

export async function langChain(embed) {
  const store = new Chroma(new Table(embed), { collectionName: "langchain" });
  const collection = await store.ensureCollection();
  const before = (await collection.get()).ids;
  const documents = GLOSSES.map(({ id, text, metadata }) => new Document({ id, pageContent: text, metadata }));
  await store.addDocuments(documents, { ids: GLOSSES.map(({ id }) => id) });
  const found = await store.similaritySearch("music played with a bow", 1);
  const filtered = await store.similaritySearchWithScore("music played with a bow", 1, { $and: [{ domain: "animal" }, { legs: { $gte: 4 } }] });
  const retrieved = await store.asRetriever({ k: 1, filter: { domain: "animal" } }).invoke("a hunter in the sky");
  await store.delete({ ids: ["puppy"] });
  await store.delete({ filter: { legs: 2 } });
  return {
    before,
    found: found.map(({ id, pageContent, metadata }) => [id, pageContent, metadata.domain]),
    filtered: filtered.map(([{ id }, distance]) => [id, distance > 0]),
    retrieved: retrieved.map(({ id }) => id),
    left: (await collection.get()).ids,
  };
}
