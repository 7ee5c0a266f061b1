import Papa from "papaparse";
import { ImportError } from "../import-error";
import type { BadRow, Piece, Row } from "../rows";
import { textPieces } from "./text-pieces";

const DELIMITERS = [",", ";", "\t", "|"] as const;

/** A record that is longer than this has a quote that is never closed. */
const MAX_RECORD_LENGTH = 16 * 1024 * 1024;

interface Parsed {
  data: string[][];
  errors: { row?: number; message: string }[];
  meta: { cursor: number };
}

/** Comma-separated values with a line of names; the separator may be another. */
export async function* parseCsv(file: File): AsyncGenerator<Piece> {
  let names: string[] | undefined;
  let delimiter: string | undefined;
  let rest = "";
  let line = 1;
  for await (const { text, share, isLast } of textPieces(file)) {
    rest += text;
    delimiter ??= delimiterOf(rest);
    // The library's own streams decode each piece for itself, and so break characters that lie across two of them.
    const { data, errors, meta } = new Papa.Parser({ delimiter, newline: "\n" }).parse(rest, 0, !isLast) as Parsed;
    const piece: Piece = { rows: [], share, bad: [] };
    const faults = new Map(errors.map(({ row, message }) => [row ?? 0, message]));
    for (const [i, cells] of data.entries()) {
      const place = `line ${line}`;
      line += 1 + newlines(cells);
      if (cells.length === 1 && cells[0] === "") continue;
      if (names) addRow(piece, names, cells, place, faults.get(i));
      else names = uniqueNames(cells);
    }
    rest = isLast ? "" : rest.slice(meta.cursor);
    if (rest.length > MAX_RECORD_LENGTH) throw new ImportError("malformed", `“${file.name}”, line ${line}: a quote is opened there and never closed`);
    yield piece;
  }
}

function addRow({ rows, bad }: { rows: Row[]; bad: BadRow[] }, names: readonly string[], cells: string[], place: string, fault: string | undefined): void {
  if (fault !== undefined) {
    bad.push({ place, message: `a quote is out of place (${fault})` });
  } else if (cells.length !== names.length) {
    bad.push({ place, message: `it has ${cells.length} fields, the first line has ${names.length}` });
  } else {
    rows.push({ place, values: Object.fromEntries(names.map((name, i) => [name, cells[i]])) });
  }
}

function newlines(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) for (let at = cell.indexOf("\n"); at >= 0; at = cell.indexOf("\n", at + 1)) count++;
  return count;
}

/** The one that the first line has most of, outside quotes. */
function delimiterOf(text: string): string {
  const [first = ""] = text.replace(/"[^"]*"/g, "").split("\n", 1);
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: first.split(delimiter).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter;
}

/** Names of columns: those without one are numbered, those with that of another too. */
function uniqueNames(cells: readonly string[]): string[] {
  const taken = new Set<string>();
  return cells.map((cell, i) => {
    const wanted = cell.trim() || `column ${i + 1}`;
    let name = wanted;
    for (let n = 2; taken.has(name); n++) name = `${wanted} ${n}`;
    taken.add(name);
    return name;
  });
}
