import { UNKNOWN_TOKEN, type WordPiece } from "./wordpiece";

/** Components of an embedding. */
export const DIMENSION = 256;

/** An embedding model that is a lookup table: a text's embedding is the normalised mean of its tokens' rows. */
export class StaticTable {
  readonly #tokeniser: WordPiece;
  readonly #rows: Int8Array;
  readonly #scales: Float32Array;

  /**
   * @param rows vocabulary x {@link DIMENSION}, row-major
   * @param scales one factor a row: row value = scale x int8
   */
  constructor(tokeniser: WordPiece, rows: Int8Array, scales: Float32Array) {
    if (rows.length !== tokeniser.size * DIMENSION || scales.length !== tokeniser.size) {
      throw new Error(
        `the embedding table does not fit its vocabulary of ${tokeniser.size} entries: ` +
          `${rows.length} values, ${scales.length} scales`,
      );
    }
    this.#tokeniser = tokeniser;
    this.#rows = rows;
    this.#scales = scales;
  }

  /** One text to {@link DIMENSION} components of length 1; all zero when the text holds no known word. */
  embed(text: string): Float32Array {
    // The sum stands for the mean: normalising removes the factor.
    const sum = new Float32Array(DIMENSION);
    for (const id of this.#tokeniser.encode(text)) {
      if (id !== UNKNOWN_TOKEN) this.#addRow(id, sum);
    }
    return normalise(sum);
  }

  #addRow(id: number, sum: Float32Array): void {
    const scale = this.#scales[id] ?? 0;
    const start = id * DIMENSION;
    for (let i = 0; i < DIMENSION; i++) sum[i] = (sum[i] ?? 0) + scale * (this.#rows[start + i] ?? 0);
  }
}

function normalise(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const component of vector) squares += component * component;
  if (squares === 0) return vector;
  const factor = 1 / Math.sqrt(squares);
  return vector.map((component) => component * factor);
}
