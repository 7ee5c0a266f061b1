/** Cuts a page into passages that are embedded and found one by one. */

import type { Block } from "../messages";

/** A passage with its place in the page's text, which is its blocks with a line break between them. */
export interface Passage {
  text: string;
  /** The headings above it, outermost first. */
  heading: string;
  start: number;
  end: number;
}

/** Characters that a passage has at most, and below which the next paragraph still joins it. */
const LONGEST = 700;
const ENOUGH = 400;

interface Piece {
  text: string;
  start: number;
}

/** A heading begins a new passage; short paragraphs share one, long ones are cut between sentences. */
export function passagesOf(blocks: readonly Block[], language = "und"): Passage[] {
  const passages: Passage[] = [];
  const headings: (string | undefined)[] = [];
  let open: Passage | undefined;
  let at = 0;
  for (const { text, level } of blocks) {
    const start = at;
    at += text.length + 1;
    if (level !== undefined) {
      headings.length = Math.min(headings.length, level - 1);
      headings[level - 1] = text;
      open = undefined;
      continue;
    }
    for (const piece of pieces({ text, start }, language)) {
      const end = piece.start + piece.text.length;
      if (open && open.text.length < ENOUGH && end - open.start <= LONGEST) {
        open.text += `${piece.start === start ? "\n" : " "}${piece.text}`;
        open.end = end;
      } else {
        open = { text: piece.text, heading: headings.filter((heading) => heading !== undefined).join(" › "), start: piece.start, end };
        passages.push(open);
      }
    }
  }
  return passages;
}

/** A text that fits as it is, else its sentences, joined as far as they fit. */
function pieces(whole: Piece, language: string): Piece[] {
  if (whole.text.length <= LONGEST) {
    return [whole];
  }
  const found: Piece[] = [];
  for (const sentence of sentencesOf(whole.text, language)) {
    for (const part of slices(sentence)) {
      const last = found.at(-1);
      const end = part.start + part.text.length;
      if (last && end - last.start <= LONGEST) {
        last.text = whole.text.slice(last.start, end);
      } else {
        found.push({ ...part });
      }
    }
  }
  return found.map(({ text, start }) => ({ text, start: whole.start + start }));
}

/** Sentences of a text, by the rules of its language, without the space around them. */
export function sentencesOf(text: string, language = "und"): Piece[] {
  const segments = [...new Intl.Segmenter(language, { granularity: "sentence" }).segment(text)];
  return segments.flatMap(({ segment, index }) => {
    const trimmed = segment.trim();
    return trimmed === "" ? [] : [{ text: trimmed, start: index + segment.indexOf(trimmed) }];
  });
}

/** A sentence without an end, such as a table or code, is cut at a space. */
function slices(sentence: Piece): Piece[] {
  const found: Piece[] = [];
  let rest = sentence;
  while (rest.text.length > LONGEST) {
    const space = rest.text.lastIndexOf(" ", LONGEST);
    let cut = space > LONGEST / 2 ? space : LONGEST;
    // Never between the halves of a character.
    cut -= /[\uD800-\uDBFF]/.test(rest.text.charAt(cut - 1)) ? 1 : 0;
    found.push({ text: rest.text.slice(0, cut), start: rest.start });
    const skipped = rest.text.charAt(cut) === " " ? 1 : 0;
    rest = { text: rest.text.slice(cut + skipped), start: rest.start + cut + skipped };
  }
  return rest.text === "" ? found : [...found, rest];
}
