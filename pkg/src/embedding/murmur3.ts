/** MurmurHash3, its variant of 32 bits for x86. */

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function scramble(word: number): number {
  return Math.imul(rotate(Math.imul(word, C1), 15), C2);
}

/**
 * The hash of a text as a signed integer, with seed 0. Its bytes are the low halves of its UTF-16 units, which for ASCII
 * are those of UTF-8; Chroma hashes tokens like that.
 */
export function murmur3(text: string): number {
  const { length } = text;
  let hash = 0;
  let word = 0;
  for (let i = 0; i < length; i++) {
    const position = i & 3;
    word |= (text.charCodeAt(i) & 0xff) << (8 * position);
    if (position === 3) {
      hash = Math.imul(rotate(hash ^ scramble(word), 13), 5) + 0xe6546b64;
      word = 0;
    }
  }
  // What is left of a last word that is not whole; a word of zero changes nothing.
  hash ^= scramble(word) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
