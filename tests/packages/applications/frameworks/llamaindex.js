import { ChromaVectorStore } from "@llamaindex/chroma";
import { BaseEmbedding } from "@llamaindex/core/embeddings";
import { TextNode } from "@llamaindex/core/schema";

import { GLOSSES } from "./glosses.js";

class Table extends BaseEmbedding {
  constructor(embed) {
    super();
    this.embed = embed;
  }
  getTextEmbedding(text) {
    return Promise.resolve(this.embed(text));
  }
}

export async function llamaIndex(embed) {
  const embeddingModel = new Table(embed);
  const store = new ChromaVectorStore({ collectionName: "llamaindex", embeddingModel });
  const collection = await store.getCollection();
  const before = (await collection.get()).ids;
  // The model embeds the nodes, as it does in a pipeline; what is there already stays.
  await store.add(await embeddingModel(GLOSSES.map(({ id, text, metadata }) => new TextNode({ id_: id, text, metadata }))));
  const query = async (text, filters) =>
    store.query({ queryEmbedding: await embeddingModel.getTextEmbedding(text), similarityTopK: 1, mode: "default", filters });
  const found = await query("music played with a bow");
  const filtered = await query("music played with a bow", {
    condition: "and",
    filters: [{ key: "domain", value: "animal", operator: "==" }, { key: "legs", value: 4, operator: ">=" }],
  });
  await store.delete("puppy");
  return {
    before,
    found: found.nodes.map((node, i) => [found.ids[i], node.getContent(), node.metadata.domain]),
    filtered: filtered.ids.map((id, i) => [id, filtered.similarities[i] < 1]),
    left: (await collection.get()).ids,
  };
}
