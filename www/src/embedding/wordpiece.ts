/** Id of `[UNK]` in the BERT uncased vocabulary: what a word becomes that cannot be built from the vocabulary. */
export const UNKNOWN_TOKEN = 100;

/** BERT gives up on longer words, counted in code points (`max_input_chars_per_word`). */
const MAX_WORD_LENGTH = 100;

const CONTROL = /[\p{C}\uFFFD]/u;
const WHITE_SPACE = /[\t\n\r\p{Z}]/u;
const COMBINING_MARK = /\p{Mn}/gu;
// BERT counts every ASCII symbol as punctuation, also those that Unicode calls symbols ($ + < = > ^ ` | ~).
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/u;

/**
 * The BERT uncased tokeniser without special tokens: clean, lower-case, strip accents, split at white space and
 * punctuation, then greedy longest match against the vocabulary with `##` before pieces that continue a word.
 */
export class WordPiece {
  readonly #ids: ReadonlyMap<string, number>;

  /** @param vocabulary one entry a line, line number = token id */
  constructor(vocabulary: string) {
    const ids = new Map<string, number>();
    for (const entry of vocabulary.replace(/\r?\n$/, "").split(/\r?\n/)) ids.set(entry, ids.size);
    this.#ids = ids;
  }

  /** Number of entries. */
  get size(): number {
    return this.#ids.size;
  }

  /** The token ids of a text, in order; empty for a text without words. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const word of splitWords(text)) this.#encodeWord(word, ids);
    return ids;
  }

  #encodeWord(word: string, ids: number[]): void {
    // Code points, not UTF-16 units, so that a piece never ends inside a surrogate pair.
    const points = Array.from(word);
    if (points.length > MAX_WORD_LENGTH) {
      ids.push(UNKNOWN_TOKEN);
      return;
    }
    const start = ids.length;
    let from = 0;
    while (from < points.length) {
      const piece = this.#longestPiece(points, from);
      if (piece === undefined) {
        // One piece that does not fit makes the whole word unknown.
        ids.length = start;
        ids.push(UNKNOWN_TOKEN);
        return;
      }
      ids.push(piece.id);
      from = piece.end;
    }
  }

  #longestPiece(points: readonly string[], from: number): { id: number; end: number } | undefined {
    const prefix = from > 0 ? "##" : "";
    for (let end = points.length; end > from; end--) {
      const id = this.#ids.get(prefix + points.slice(from, end).join(""));
      if (id !== undefined) return { id, end };
    }
    return undefined;
  }
}

/** Lower-cased words without accents; each punctuation mark and each CJK ideograph is a word of its own. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word = "";
  const flush = () => {
    if (word !== "") words.push(word);
    word = "";
  };
  for (const character of text.toLowerCase().normalize("NFD").replace(COMBINING_MARK, "")) {
    if (WHITE_SPACE.test(character)) {
      flush();
    } else if (CONTROL.test(character)) {
      continue;
    } else if (PUNCTUATION.test(character) || isIdeograph(character.codePointAt(0) ?? 0)) {
      flush();
      words.push(character);
    } else {
      word += character;
    }
  }
  flush();
  return words;
}

/** The CJK blocks of BERT's `_is_chinese_char`: Hangul, Hiragana and Katakana are written with spaces or kana and not split. */
function isIdeograph(point: number): boolean {
  return (
    (point >= 0x4e00 && point <= 0x9fff) ||
    (point >= 0x3400 && point <= 0x4dbf) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0x20000 && point <= 0x2a6df) ||
    (point >= 0x2a700 && point <= 0x2b73f) ||
    (point >= 0x2b740 && point <= 0x2b81f) ||
    (point >= 0x2b820 && point <= 0x2ceaf) ||
    (point >= 0x2f800 && point <= 0x2fa1f)
  );
}
