/** A sentence transformer: a tokeniser, an ONNX model, and what makes one vector of its answer. */

import { Tokenizer } from "@huggingface/tokenizers";
import { ModelError } from "../model-error";
import { fileOf, jsonOf, type OnShare } from "./files";
import type { Encoded } from "./messages";
import { normaliseRows, pool, type Pooling } from "./pooling";
import { devices, startOn, type Device, type Running } from "./runtime";

/** Texts that go through the model at a time: what it needs of memory grows with them. */
const BATCH = 16;

/** Tokens that a model reads if it does not say how many. */
const USUAL_LENGTH = 512;

/** Where the model may lie in its folder, the best for the device first: codes of 8 bits are made for processors. */
const PLACES: Readonly<Record<Device, readonly string[]>> = {
  webgpu: ["onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx"],
  wasm: ["onnx/model_quantized.onnx", "onnx/model.onnx", "model.onnx"],
};

const INPUTS: ReadonlySet<string> = new Set(["input_ids", "attention_mask", "token_type_ids", "position_ids"]);

/** Outputs that are one vector a text already; others are one a token. */
const POOLED = "sentence_embedding";

interface Parts {
  tokenizer: Tokenizer;
  padding: bigint;
  /** Tokens of a text at most */
  length: number;
  pooling: Pooling;
  running: Running;
}

export class Encoder {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Fetches what is not kept yet, and starts the model. */
  static async load(folder: URL, onShare: OnShare): Promise<Encoder> {
    const [tokenizer, settings = {}, config = {}, pooling] = await Promise.all(
      ["tokenizer.json", "tokenizer_config.json", "config.json", "1_Pooling/config.json"].map((path) => jsonOf(folder, path)),
    );
    if (typeof tokenizer !== "object" || tokenizer === null) throw new ModelError("files", `${folder.href} has no tokenizer.json`, folder.origin);
    const { model_max_length: said = USUAL_LENGTH, pad_token: pad } = settings as { model_max_length?: number; pad_token?: string | { content: string } };
    const { max_position_embeddings: positions = USUAL_LENGTH } = config as { max_position_embeddings?: number };
    const made = makeTokenizer(tokenizer, settings as object, folder);
    return new Encoder({
      tokenizer: made,
      padding: BigInt(made.token_to_id(typeof pad === "object" ? pad.content : (pad ?? "[PAD]")) ?? 0),
      // Some say that they read any length.
      length: Math.max(2, Math.min(said, positions)),
      pooling: (pooling as { pooling_mode_cls_token?: boolean } | undefined)?.pooling_mode_cls_token === true ? "cls" : "mean",
      running: await start(folder, onShare),
    });
  }

  /** One vector a text, in the order of the texts; of length 1 if `isNormalised`. */
  async encode(texts: readonly string[], isNormalised: boolean): Promise<Encoded> {
    const rows = texts.map((text, i) => ({ i, ids: this.#tokensOf(text) }));
    // Texts of like length go together: what fills up the shorter ones is work for nothing.
    rows.sort((one, other) => one.ids.length - other.ids.length);
    let all: Encoded | undefined;
    for (let from = 0; from < rows.length; from += BATCH) {
      const part = rows.slice(from, from + BATCH);
      const { values, dimension } = await this.#run(part.map(({ ids }) => ids));
      all ??= { values: new Float32Array(texts.length * dimension), dimension };
      for (const [j, { i }] of part.entries()) all.values.set(values.subarray(j * dimension, (j + 1) * dimension), i * dimension);
    }
    const { values, dimension } = all ?? { values: new Float32Array(), dimension: 1 };
    return { values: isNormalised ? normaliseRows(values, dimension) : values, dimension };
  }

  #tokensOf(text: string): number[] {
    const { ids } = this.#parts.tokenizer.encode(text);
    const { length } = this.#parts;
    const last = ids.at(-1);
    // The last one ends the text.
    return ids.length > length && last !== undefined ? [...ids.slice(0, length - 1), last] : ids;
  }

  async #run(rows: readonly (readonly number[])[]): Promise<Encoded> {
    const { padding, pooling, running } = this.#parts;
    const { ort, session } = running;
    const tokens = Math.max(1, ...rows.map(({ length }) => length));
    const ids = new BigInt64Array(rows.length * tokens).fill(padding);
    const mask = new BigInt64Array(ids.length);
    const positions = BigInt64Array.from(ids, (_, i) => BigInt(i % tokens));
    for (const [row, list] of rows.entries()) {
      for (const [i, id] of list.entries()) ids[row * tokens + i] = BigInt(id);
      mask.fill(1n, row * tokens, row * tokens + list.length);
    }
    const given: Readonly<Record<string, BigInt64Array>> = { input_ids: ids, attention_mask: mask, token_type_ids: new BigInt64Array(ids.length), position_ids: positions };
    const feeds = Object.fromEntries(session.inputNames.map((name) => [name, new ort.Tensor("int64", given[name] ?? ids, [rows.length, tokens])]));
    const outputs = await session.run(feeds);
    const output = outputs[POOLED] ?? outputs["last_hidden_state"] ?? Object.values(outputs).find(({ dims }) => dims.length === 3);
    if (!output || output.type !== "float32") throw new ModelError("files", "The model gives no vectors of 32-bit numbers");
    const values = (await output.getData()) as Float32Array;
    const dimension = output.dims.at(-1) ?? 0;
    if (values.length === rows.length * dimension) return { values, dimension };
    if (values.length !== ids.length * dimension) throw new ModelError("files", `The model gives ${output.dims.join(" x ")} numbers for ${rows.length} texts of ${tokens} tokens`);
    return { values: pool({ values, mask, texts: rows.length, tokens, dimension }, pooling), dimension };
  }
}

function makeTokenizer(tokenizer: object, settings: object, folder: URL): Tokenizer {
  try {
    return new Tokenizer(tokenizer, settings);
  } catch (cause) {
    throw new ModelError("files", `The tokenizer.json of ${folder.href} cannot be read`, folder.origin, { cause });
  }
}

/** Starts the model on the first device that takes it. */
async function start(folder: URL, onShare: OnShare): Promise<Running> {
  let failure: unknown;
  for (const device of await devices()) {
    const model = await modelOf(folder, PLACES[device], onShare);
    try {
      return expectKnownInputs(await startOn(device, model), folder);
    } catch (error) {
      if (error instanceof ModelError) throw error;
      failure = error;
    }
  }
  const said = failure instanceof Error ? failure.message : String(failure);
  throw new ModelError("files", `The model of ${folder.href} cannot be run: ${said}`, folder.origin, { cause: failure });
}

async function modelOf(folder: URL, places: readonly string[], onShare: OnShare): Promise<Uint8Array> {
  for (const path of places) {
    const bytes = await fileOf(folder, path, onShare);
    if (bytes) return new Uint8Array(bytes);
  }
  throw new ModelError("files", `${folder.href} has none of ${places.join(", ")}`, folder.origin);
}

function expectKnownInputs(running: Running, folder: URL): Running {
  const strange = running.session.inputNames.filter((name) => !INPUTS.has(name));
  if (strange.length > 0) throw new ModelError("files", `The model of ${folder.href} does not embed texts: it wants ${strange.join(", ")}`, folder.origin);
  return running;
}
