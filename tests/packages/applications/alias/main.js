import { ChromaBm25EmbeddingFunction } from "@chroma-core/chroma-bm25";
import { ChromaClient, K, knownSparseEmbeddingFunctions, Knn, Schema, Search, SparseVectorIndexConfig } from "chromadb";

import { program } from "../program.js";

/** As it is written for the official client and a server. */
async function words(client) {
  const schema = new Schema().createIndex(
    new SparseVectorIndexConfig({ embeddingFunction: new ChromaBm25EmbeddingFunction(), sourceKey: K.DOCUMENT, bm25: true }),
    "words",
  );
  const notes = await client.createCollection({ name: "notes", embeddingFunction: null, schema });
  await notes.add({ ids: ["cats", "dogs"], embeddings: [[1, 0], [0, 1]], documents: ["cats chase mice", "dogs chase cars"] });
  const found = await notes.search(new Search().rank(Knn({ query: "a mouse and cats", key: "words" })).limit(1));
  return found.ids[0];
}

window.answer = (async () => {
  const answer = await program({ open: () => new ChromaClient() });
  const registered = knownSparseEmbeddingFunctions.get("chroma_bm25") === ChromaBm25EmbeddingFunction;
  return { ...answer, registered, words: await words(new ChromaClient({ name: "words" })) };
})();
