/** Bytes that come in chunks. */

/** The bytes of all chunks, copied only if there are several. */
export function joined<B extends ArrayBufferLike>(chunks: readonly Uint8Array<B>[], length: number): Uint8Array<B | ArrayBuffer> {
  if (chunks.length === 1 && chunks[0]) {
    return chunks[0];
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
