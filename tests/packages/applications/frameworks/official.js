import { ChromaClient } from "chromadb";

import { GLOSSES } from "./glosses.js";

export async function official(embed) {
  const client = new ChromaClient();
  const embeddingFunction = { name: "table", generate: (texts) => Promise.resolve(texts.map(embed)) };
  const glosses = await client.getOrCreateCollection({ name: "official", embeddingFunction });
  const before = (await glosses.get()).ids;
  await glosses.upsert({
    ids: GLOSSES.map(({ id }) => id),
    documents: GLOSSES.map(({ text }) => text),
    metadatas: GLOSSES.map(({ metadata }) => metadata),
  });
  const found = await glosses.query({ queryTexts: ["music played with a bow"], nResults: 1 });
  const { storage } = await client.info();
  return { before, found: found.ids[0], storage };
}
