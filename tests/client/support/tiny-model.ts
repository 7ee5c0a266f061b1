/**
 * A text model small enough to be written down: a table of word vectors, in the files that transformers.js loads from a
 * model hub. The graph looks tokens up (`Gather`); that their mean is taken, and scaled to unit length, is up to the caller.
 */

export interface TinyModel {
  /** What transformers.js asks for, by path within the model. */
  files: Map<string, string | Uint8Array>;
  /** The embedding that the model stands for, computed apart from it. */
  embed(words: string[]): number[];
}

const SPECIAL = ["[PAD]", "[UNK]"];

export function tinyModel(vectors: Record<string, number[]>): TinyModel {
  const words = Object.keys(vectors);
  const dimension = vectors[words[0]!]!.length;
  const rows = [...SPECIAL.map(() => Array<number>(dimension).fill(0)), ...Object.values(vectors)];
  const tokenizer = {
    version: "1.0",
    added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true })),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      vocab: Object.fromEntries([...SPECIAL, ...words].map((word, id) => [word, id])),
    },
  };
  return {
    files: new Map<string, string | Uint8Array>([
      ["config.json", JSON.stringify({ model_type: "bert", architectures: ["BertModel"] })],
      ["tokenizer.json", JSON.stringify(tokenizer)],
      ["tokenizer_config.json", JSON.stringify({ tokenizer_class: "BertTokenizer", pad_token: "[PAD]" })],
      ["onnx/model.onnx", lookup(rows)],
    ]),
    embed(text) {
      const sum = Array.from({ length: dimension }, (_, i) => text.reduce((all, word) => all + vectors[word]![i]!, 0));
      const length = Math.hypot(...sum);
      return sum.map((component) => component / length);
    },
  };
}

/** The ONNX model `last_hidden_state = rows[input_ids]`. */
function lookup(rows: number[][]): Uint8Array {
  const [FLOAT, INT64] = [1, 7];
  const value = (name: string, type: number, dimensions: string[]) =>
    message([1, name], [2, message([1, message([1, type], [2, message(...dimensions.map(dimensionOf))])])]);
  const dimensionOf = (name: string): Field => [1, message([2, name])];
  const table = message(
    [1, rows.length],
    [1, rows[0]!.length],
    [2, FLOAT],
    [8, "rows"],
    [9, new Uint8Array(new Float32Array(rows.flat()).buffer)],
  );
  const graph = message(
    [1, message([1, "rows"], [1, "input_ids"], [2, "last_hidden_state"], [4, "Gather"])],
    [2, "lookup"],
    [5, table],
    [11, value("input_ids", INT64, ["batch", "sequence"])],
    [12, value("last_hidden_state", FLOAT, ["batch", "sequence", "dimension"])],
  );
  const [IR_VERSION, OPSET] = [8, 13];
  return message([1, IR_VERSION], [7, graph], [8, message([2, OPSET])]);
}

type Field = [number: number, value: number | string | Uint8Array];

/** A message of protocol buffers, of the two kinds of fields that are needed: integers and what has a length. */
function message(...fields: Field[]): Uint8Array {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === "number") {
        return Buffer.concat([varint(number << 3), varint(value)]);
      }
      const bytes = Buffer.from(value);
      return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
    }),
  );
}

function varint(value: number): Uint8Array {
  const bytes = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) {
    bytes.push((rest & 0x7f) | 0x80);
  }
  return Uint8Array.from([...bytes, rest]);
}
