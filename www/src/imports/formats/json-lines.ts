import type { Piece } from "../rows";
import { rowOf } from "./json-rows";
import { textPieces } from "./text-pieces";

/** One JSON object a line. */
export async function* parseJsonLines(file: File): AsyncGenerator<Piece> {
  let rest = "";
  let line = 0;
  for await (const { text, share, isLast } of textPieces(file)) {
    const lines = (rest + text).split("\n");
    rest = isLast ? "" : (lines.pop() ?? "");
    const piece: Piece = { rows: [], share, bad: [] };
    for (const each of lines) {
      line++;
      if (each.trim() !== "") addLine(piece, each, `line ${line}`);
    }
    yield piece;
  }
}

function addLine({ rows, bad }: Piece, text: string, place: string): void {
  try {
    const read = rowOf(JSON.parse(text), place);
    if ("row" in read) rows.push(read.row);
    else bad.push(read.bad);
  } catch (error) {
    bad.push({ place, message: `it is not JSON (${error instanceof Error ? error.message : String(error)})` });
  }
}
