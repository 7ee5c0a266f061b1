import { knownEmbeddingFunctions, registerEmbeddingFunction } from "chromatid";
import { MiniLmStatic, MINILM_STATIC } from "./minilm-static";
import { Ollama, OLLAMA } from "./ollama";
import { OpenAi, OPENAI } from "./openai";
import { Transformer } from "./transformer/transformer";

/** The name that the client looks a sentence transformer up by: that of the package which has it for other programs. */
const SENTENCE_TRANSFORMER = "sentence-transformer";

/** Makes the models of the console known, so that collections get theirs by name. */
export function registerModels(): void {
  if (knownEmbeddingFunctions.has(MINILM_STATIC)) return;
  registerEmbeddingFunction(MINILM_STATIC, MiniLmStatic);
  registerEmbeddingFunction(SENTENCE_TRANSFORMER, Transformer);
  registerEmbeddingFunction(OLLAMA, Ollama);
  registerEmbeddingFunction(OPENAI, OpenAi);
}
