/** The words typed, without repetition; case does not count. */
export function typedWords(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
  return [...new Map(words.map((word) => [word.toLowerCase(), word])).values()];
}

/** A word as typed, in lower case and with a capital: `$contains` tells them apart. */
export function spellings(word: string): string[] {
  const lower = word.toLowerCase();
  return [...new Set([word, lower, lower.charAt(0).toUpperCase() + lower.slice(1)])];
}
