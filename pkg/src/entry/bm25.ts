/** Entry point of BM25, apart from the client: pages that do not use it do not load it. */

import { ChromaBm25EmbeddingFunction } from "../embedding/bm25.js";
import { knownSparseEmbeddingFunctions, registerSparseEmbeddingFunction } from "../embedding/registry.js";

// The name in configurations, and the one of the package under which the registry looks for it. `@chroma-core/chroma-bm25`
// may have been there first: it makes the same vectors.
for (const name of ["chroma_bm25", "chroma-bm25"]) {
  if (!knownSparseEmbeddingFunctions.has(name)) {
    registerSparseEmbeddingFunction(name, ChromaBm25EmbeddingFunction);
  }
}

export { type ChromaBm25Args, type ChromaBm25Config, ChromaBm25EmbeddingFunction } from "../embedding/bm25.js";
export { DEFAULT_CHROMA_BM25_STOPWORDS } from "../embedding/bm25-stopwords.js";
