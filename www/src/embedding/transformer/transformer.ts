import type { EmbeddingFunction, EmbeddingFunctionSpace } from "chromatid";
import { expectAllowed } from "../access";
import { folderOf } from "./folder";
import { encode } from "./host";

interface Config {
  model_name: string;
  device: string;
  normalize_embeddings: boolean;
  kwargs: Record<string, unknown>;
}

/**
 * A sentence transformer that runs in this browser, by WebGPU where there is one and by wasm otherwise. The name and the configuration have the
 * form of other clients, so that either can build the model from what the other has written.
 */
export class Transformer implements EmbeddingFunction<Float32Array> {
  readonly name = "sentence_transformer";
  readonly #source: string;
  readonly #isNormalised: boolean;
  /** For other clients: here it is chosen anew each time */
  readonly #device: string;
  readonly #kwargs: Record<string, unknown>;

  /** `source`: the address of a folder or a name at Hugging Face, see `folderOf`. */
  constructor({ source, isNormalised = true, device = "cpu", kwargs = {} }: { source: string; isNormalised?: boolean; device?: string; kwargs?: Record<string, unknown> }) {
    this.#source = source;
    this.#isNormalised = isNormalised;
    this.#device = device;
    this.#kwargs = kwargs;
  }

  static buildFromConfig({ model_name: source, device, normalize_embeddings: isNormalised, kwargs }: Partial<Config>): Transformer {
    if (typeof source !== "string") throw new TypeError("the configuration of a sentence transformer has `model_name`");
    return new Transformer({ source, ...(isNormalised !== undefined && { isNormalised }), ...(device !== undefined && { device }), ...(kwargs && { kwargs }) });
  }

  getConfig(): Config {
    return { model_name: this.#source, device: this.#device, normalize_embeddings: this.#isNormalised, kwargs: this.#kwargs };
  }

  defaultSpace(): EmbeddingFunctionSpace {
    return "cosine";
  }

  supportedSpaces(): EmbeddingFunctionSpace[] {
    return ["cosine", "l2", "ip"];
  }

  async generate(texts: string[]): Promise<Float32Array[]> {
    const folder = folderOf(this.#source);
    await expectAllowed(folder.origin);
    const { values, dimension } = await encode({ folder: folder.href, texts, isNormalised: this.#isNormalised });
    return texts.map((_, i) => values.subarray(i * dimension, (i + 1) * dimension));
  }
}
