/** From the vectors of tokens to one of a text (Reimers and Gurevych, Sentence-BERT, 2019, section 3). */

export type Pooling = "mean" | "cls";

/** What a model gives for some texts, row-major: text x token x component, and which tokens count (1) or only fill up (0). */
export interface TokenVectors {
  values: Float32Array;
  mask: readonly (0n | 1n)[] | BigInt64Array;
  texts: number;
  tokens: number;
  dimension: number;
}

/** One vector a text, row-major: the mean of its tokens' vectors, or the first one's. */
export function pool({ values, mask, texts, tokens, dimension }: TokenVectors, pooling: Pooling): Float32Array {
  const pooled = new Float32Array(texts * dimension);
  for (let text = 0; text < texts; text++) {
    const sum = pooled.subarray(text * dimension, (text + 1) * dimension);
    let count = 0;
    for (let token = 0; token < (pooling === "cls" ? 1 : tokens); token++) {
      if (mask[text * tokens + token] !== 1n) continue;
      count++;
      const start = (text * tokens + token) * dimension;
      for (let i = 0; i < dimension; i++) sum[i] = (sum[i] ?? 0) + (values[start + i] ?? 0);
    }
    if (count > 1) for (let i = 0; i < dimension; i++) sum[i] = (sum[i] ?? 0) / count;
  }
  return pooled;
}

/** Gives each vector the length 1, in place; a zero vector stays. */
export function normaliseRows(values: Float32Array, dimension: number): Float32Array {
  for (let start = 0; start < values.length; start += dimension) {
    const row = values.subarray(start, start + dimension);
    const length = Math.sqrt(row.reduce((squares, component) => squares + component * component, 0));
    if (length > 0) for (let i = 0; i < dimension; i++) row[i] = (row[i] ?? 0) / length;
  }
  return values;
}
