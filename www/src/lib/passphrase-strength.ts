/** A rough idea of how long a passphrase would stand against guessing. It knows no dictionary, so that it is a hint and no more. */

export type Strength = "too short" | "weak" | "fair" | "strong";

/** Characters that a passphrase must have: fewer are guessed by trying all. */
export const LEAST = 8;

const KINDS = [
  { pattern: /[a-z]/, size: 26 },
  { pattern: /[A-Z]/, size: 26 },
  { pattern: /[0-9]/, size: 10 },
  { pattern: /[^A-Za-z0-9]/, size: 33 },
];

/** Bits of a word that is chosen at random out of some thousands. */
const WORD_BITS = 11;

export function strengthOf(passphrase: string): Strength {
  const characters = [...passphrase];
  if (characters.length < LEAST) return "too short";
  const alphabet = KINDS.reduce((sum, { pattern, size }) => sum + (pattern.test(passphrase) ? size : 0), 0);
  const words = [...new Set(passphrase.split(/[^\p{L}\p{N}]+/u))];
  // What repeats or continues what came before adds hardly anything.
  const telling = [...words.join("")].filter((character, i, all) => !follows(all[i - 1], character)).length + passphrase.replace(/[\p{L}\p{N}]/gu, "").length;
  const long = words.filter((word) => word.length > 2).length;
  const random = telling * Math.log2(alphabet);
  const bits = long > 2 ? Math.min(long * WORD_BITS + telling / 2, random) : random * 0.6;
  if (bits < 35) return "weak";
  return bits < 55 ? "fair" : "strong";
}

function follows(before: string | undefined, character: string): boolean {
  if (before === undefined) return false;
  const step = (character.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0);
  return step === 0 || step === 1 || step === -1;
}
