import type { EmbeddingFunction, EmbeddingFunctionSpace } from "chromatid";
import { ask, below, embeddingsOf, inParts } from "./ask";

/** The name under which the function is registered, here and by other clients. */
export const OLLAMA = "ollama";

/** Texts of a request. */
const BATCH = 64;

interface Config {
  url: string;
  model_name: string;
}

/** Embeds by a server of Ollama (`/api/embed`), mostly one on the same machine. */
export class Ollama implements EmbeddingFunction<Float32Array> {
  readonly name = OLLAMA;
  readonly #address: string;
  readonly #model: string;

  constructor({ address, model }: { address: string; model: string }) {
    this.#address = address;
    this.#model = model;
  }

  /** Older configurations have the whole address of the endpoint. */
  static buildFromConfig({ url, model_name: model }: Partial<Config>): Ollama {
    if (typeof url !== "string" || typeof model !== "string") throw new TypeError("the configuration of an Ollama model has `url` and `model_name`");
    return new Ollama({ address: url.replace(/\/api\/embed(dings)?\/*$/, ""), model });
  }

  getConfig(): Config {
    return { url: this.#address, model_name: this.#model };
  }

  defaultSpace(): EmbeddingFunctionSpace {
    return "cosine";
  }

  supportedSpaces(): EmbeddingFunctionSpace[] {
    return ["cosine", "l2", "ip"];
  }

  async generate(texts: string[]): Promise<Float32Array[]> {
    const url = below(this.#address, "api/embed");
    return inParts(texts, BATCH, async (input) => {
      const answer = await ask({ url, body: { model: this.#model, input }, model: this.#model });
      return embeddingsOf((answer as { embeddings?: unknown } | null)?.embeddings, input.length, url.origin);
    });
  }
}
