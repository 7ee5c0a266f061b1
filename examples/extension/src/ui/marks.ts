/** A text in runs: words that were matched, and what is between them. */

export interface Run {
  text: string;
  isMarked: boolean;
}

/** @param marks words in lower case */
export function markedRuns(text: string, marks: readonly string[]): Run[] {
  const marked = new Set(marks);
  const runs: Run[] = [];
  for (const [part] of text.matchAll(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_]+/gu)) {
    const isMarked = marked.has(part.toLowerCase());
    const last = runs.at(-1);
    if (last?.isMarked === isMarked) {
      last.text += part;
    } else {
      runs.push({ text: part, isMarked });
    }
  }
  return runs;
}
