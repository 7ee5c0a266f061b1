import { TEXT_FIELD, type Piece, type Row } from "../rows";
import { textPieces } from "./text-pieces";

/** Longer texts are cut here: what has no paragraphs still comes in parts. */
const MAX_SECTION_LENGTH = 64 * 1024;

/** Plain text, in stretches that end with a paragraph. */
export async function* parseText(file: File): AsyncGenerator<Piece> {
  let rest = "";
  for await (const { text, share, isLast } of textPieces(file)) {
    rest += text;
    const rows: Row[] = [];
    while (rest.length > MAX_SECTION_LENGTH || (isLast && rest !== "")) {
      const end = rest.length <= MAX_SECTION_LENGTH ? rest.length : cutBefore(rest, MAX_SECTION_LENGTH);
      addSection(rows, rest.slice(0, end), {});
      rest = rest.slice(end);
    }
    yield { rows, share, bad: [] };
  }
}

/** Where a text is best cut before a place: after a paragraph, a line, a word. */
function cutBefore(text: string, limit: number): number {
  for (const mark of ["\n\n", "\n", " "]) {
    const at = text.lastIndexOf(mark, limit);
    if (at > limit / 2) return at + mark.length;
  }
  // Never between the halves of a surrogate pair.
  const code = text.charCodeAt(limit - 1);
  return code >= 0xd800 && code <= 0xdbff ? limit - 1 : limit;
}

/** Markdown, a section a heading. Each knows the headings that it is under. */
export async function* parseMarkdown(file: File): AsyncGenerator<Piece> {
  const headings: string[] = [];
  let section = "";
  let fence: string | undefined;
  let rest = "";
  for await (const { text, share, isLast } of textPieces(file)) {
    const lines = (rest + text).split("\n");
    rest = isLast ? "" : (lines.pop() ?? "");
    const rows: Row[] = [];
    for (const line of lines) {
      const [, mark] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
      if (mark !== undefined) fence = fence === undefined ? mark : mark.startsWith(fence) ? undefined : fence;
      const heading = fence === undefined ? /^ {0,3}(#{1,6})\s+(.+?)\s*#*$/.exec(line) : null;
      if (heading || section.length > MAX_SECTION_LENGTH) {
        addSection(rows, section, headingOf(headings));
        section = "";
      }
      if (heading) headings.splice((heading[1]?.length ?? 1) - 1, headings.length, ...padded(headings, heading));
      section += `${line}\n`;
    }
    if (isLast) addSection(rows, section, headingOf(headings));
    yield { rows, share, bad: [] };
  }
}

/** A heading in its place: levels that the document leaves out stay empty. */
function padded(headings: readonly string[], [, marks = "#", text = ""]: RegExpExecArray): string[] {
  const missing = Math.max(0, marks.length - 1 - headings.length);
  return [...Array.from({ length: missing }, () => ""), text];
}

function headingOf(headings: readonly string[]): { heading?: string } {
  const named = headings.filter((heading) => heading !== "");
  return named.length === 0 ? {} : { heading: named.join(" › ") };
}

/** Nothing without words becomes a section. */
export function addSection(rows: Row[], text: string, values: Record<string, unknown>): void {
  const trimmed = text.trim();
  if (trimmed !== "") rows.push({ place: `section ${rows.length + 1}`, values: { [TEXT_FIELD]: trimmed, ...values } });
}
