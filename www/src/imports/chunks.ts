import type { Chunking } from "./job";

/** A stretch of text with nothing to cut in between, by preference: a paragraph, a sentence, a word. */
const LEVELS = [/\n{2,}/g, /(?<=[.!?…。！？]["'”’)]*)\s+/g, /\s+/g] as const;

/** Cuts a text into chunks of a size, at paragraphs, else at sentences, else at words; each repeats the end of the one before. */
export function chunksOf(text: string, { size, overlap, unit }: Chunking): string[] {
  const measure = unit === "words" ? countWords : (part: string) => part.length;
  const units = split(text.trim(), 0, size, measure);
  const chunks: string[] = [];
  let first = 0;
  while (first < units.length) {
    let end = first + 1;
    let length = measure(units[first] ?? "");
    while (end < units.length && length + measure(units[end] ?? "") <= size) length += measure(units[end++] ?? "");
    chunks.push(units.slice(first, end).join("").trim());
    if (end >= units.length) break;
    first = startOfNext(units, first, end, Math.min(overlap, size - 1), measure);
  }
  return chunks.filter((chunk) => chunk !== "");
}

/** As many of the last units as fit into the overlap, but never all: each chunk begins later than the one before. */
function startOfNext(units: readonly string[], first: number, end: number, overlap: number, measure: (text: string) => number): number {
  let start = end;
  let length = 0;
  while (start - 1 > first && length + measure(units[start - 1] ?? "") <= overlap) length += measure(units[--start] ?? "");
  return start;
}

/** Units no longer than the size, with the space after them; only a word that is longer by itself is cut through. */
function split(text: string, level: number, size: number, measure: (text: string) => number): string[] {
  if (text === "") return [];
  const separator = LEVELS[level];
  if (!separator) return measure(text) <= size ? [text] : slices(text, size);
  const parts: string[] = [];
  let from = 0;
  for (const { index, 0: space } of text.matchAll(separator)) {
    parts.push(text.slice(from, index + space.length));
    from = index + space.length;
  }
  parts.push(text.slice(from));
  return parts.flatMap((part) => (level === 0 || measure(part) > size ? split(part, level + 1, size, measure) : [part])).filter((part) => part !== "");
}

function slices(text: string, size: number): string[] {
  const points = Array.from(text);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => points.slice(i * size, (i + 1) * size).join(""));
}

export const countWords = (text: string): number => text.match(/\S+/g)?.length ?? 0;
