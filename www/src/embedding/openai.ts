import type { EmbeddingFunction, EmbeddingFunctionSpace } from "chromatid";
import { keyOf } from "./access";
import { ask, below, embeddingsOf, inParts } from "./ask";

/** The name under which the function is registered, here and by other clients. */
export const OPENAI = "openai";

const OFFICIAL = "https://api.openai.com/v1";

/** Texts of a request. */
const BATCH = 100;

interface Config {
  model_name: string;
  /** Where other clients find the key: it is no part of a configuration */
  api_key_env_var: string;
  api_base?: string;
  dimensions?: number;
}

/** Embeds by OpenAI, or by one of the many servers with the same API (`/embeddings`). */
export class OpenAi implements EmbeddingFunction<Float32Array> {
  readonly name = OPENAI;
  readonly #address: string;
  readonly #model: string;
  readonly #variable: string;
  readonly #dimensions: number | undefined;

  constructor({ address, model, variable = "OPENAI_API_KEY", dimensions }: { address: string; model: string; variable?: string; dimensions?: number | undefined }) {
    this.#address = address;
    this.#model = model;
    this.#variable = variable;
    this.#dimensions = dimensions;
  }

  static buildFromConfig({ model_name: model, api_key_env_var: variable, api_base: address, dimensions }: Partial<Config>): OpenAi {
    if (typeof model !== "string") throw new TypeError("the configuration of an OpenAI model has `model_name`");
    return new OpenAi({ address: address ?? OFFICIAL, model, dimensions, ...(variable !== undefined && { variable }) });
  }

  getConfig(): Config {
    return {
      model_name: this.#model,
      api_key_env_var: this.#variable,
      ...(this.#address !== OFFICIAL && { api_base: this.#address }),
      ...(this.#dimensions !== undefined && { dimensions: this.#dimensions }),
    };
  }

  defaultSpace(): EmbeddingFunctionSpace {
    return "cosine";
  }

  supportedSpaces(): EmbeddingFunctionSpace[] {
    return ["cosine", "l2", "ip"];
  }

  async generate(texts: string[]): Promise<Float32Array[]> {
    const url = below(this.#address, "embeddings");
    return inParts(texts, BATCH, async (input) => {
      const body = { model: this.#model, input, ...(this.#dimensions !== undefined && { dimensions: this.#dimensions }) };
      const answer = await ask({ url, body, key: keyOf(url.origin), model: this.#model });
      return embeddingsOf(inOrder((answer as { data?: unknown } | null)?.data), input.length, url.origin);
    });
  }
}

/** Each embedding says which text it is of. */
function inOrder(data: unknown): unknown {
  if (!Array.isArray(data)) return data;
  const entries = data as ({ index?: number; embedding?: unknown } | null)[];
  return [...entries].sort((one, other) => (one?.index ?? 0) - (other?.index ?? 0)).map((entry) => entry?.embedding);
}
