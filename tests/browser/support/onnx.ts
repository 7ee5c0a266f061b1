/**
 * The table of the console's own model as a sentence transformer: an ONNX file that looks rows up, and the tokeniser that goes with them. Its embeddings
 * are known, as the table gives the same ones. The format is that of onnx.proto3.
 */

import { readFileSync } from "node:fs";
import path from "node:path";

const DATA = path.join(import.meta.dirname, "../../../www/data/minilm-static");
const DIMENSION = 256;

/** `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]` of the vocabulary: the table has nothing for them. */
const SPECIAL = { "[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103 };

const FLOAT = 1;
const INT8 = 3;
const INT64 = 7;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

const int = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);

function bytes(field: number, value: Buffer | string): Buffer {
  const content = Buffer.from(value as string);
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

const message = (field: number, ...parts: Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

const tensor = (name: string, type: number, dims: number[], raw: Buffer): Buffer =>
  message(5, ...dims.map((dim) => int(1, dim)), int(2, type), bytes(8, name), bytes(9, raw));

const node = (operator: string, inputs: string[], output: string, ...attributes: Buffer[]): Buffer =>
  message(1, ...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(4, operator), ...attributes);

const value = (field: number, name: string, type: number, dims: (string | number)[]): Buffer => {
  const shape = dims.map((dim) => message(1, typeof dim === "number" ? int(1, dim) : bytes(2, dim)));
  return message(field, bytes(1, name), message(2, message(1, int(1, type), message(2, ...shape))));
};

/** `last_hidden_state[text, token] = scales[id] * rows[id]`. */
function model(): Buffer {
  const rows = readFileSync(path.join(DATA, "minilm-static-256.i8.bin"));
  const scales = Buffer.from(readFileSync(path.join(DATA, "minilm-static-256.scale.f32.bin")));
  for (const id of Object.values(SPECIAL)) scales.writeFloatLE(0, id * 4);
  const size = rows.length / DIMENSION;
  const toFloat = message(5, bytes(1, "to"), int(3, FLOAT), int(20, 2));
  const graph = message(
    7,
    node("Gather", ["rows", "input_ids"], "codes"),
    node("Cast", ["codes"], "numbers", toFloat),
    node("Gather", ["scales", "input_ids"], "factors"),
    node("Mul", ["numbers", "factors"], "last_hidden_state"),
    bytes(2, "table"),
    tensor("rows", INT8, [size, DIMENSION], rows),
    tensor("scales", FLOAT, [size, 1], scales),
    ...["input_ids", "attention_mask", "token_type_ids"].map((name) => value(11, name, INT64, ["texts", "tokens"])),
    value(12, "last_hidden_state", FLOAT, ["texts", "tokens", DIMENSION]),
  );
  return Buffer.concat([int(1, 8), graph, message(8, bytes(1, ""), int(2, 13))]);
}

function tokenizer(): string {
  const words = readFileSync(path.join(DATA, "vocab.txt"), "utf8").replace(/\n$/, "").split("\n");
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const special = (name: "[CLS]" | "[SEP]") => ({ SpecialToken: { id: name, type_id: 0 } });
  const single = [special("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, special("[SEP]")];
  const specials = Object.fromEntries((["[CLS]", "[SEP]"] as const).map((name) => [name, { id: name, ids: [SPECIAL[name]], tokens: [name] }]));
  return JSON.stringify({
    version: "1.0",
    added_tokens: Object.entries(SPECIAL).map(([content, id]) => ({ id, content, ...flags })),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "TemplateProcessing", single, pair: single, special_tokens: specials },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab: Object.fromEntries(words.map((word, id) => [word, id])) },
  });
}

/** The files of the model's folder, by their paths in it. */
export function tableAsTransformer(): Map<string, Buffer> {
  return new Map([
    ["tokenizer.json", Buffer.from(tokenizer())],
    ["tokenizer_config.json", Buffer.from(JSON.stringify({ model_max_length: 512, pad_token: "[PAD]" }))],
    ["config.json", Buffer.from(JSON.stringify({ max_position_embeddings: 512 }))],
    ["onnx/model_quantized.onnx", model()],
  ]);
}
