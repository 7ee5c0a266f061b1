import { ImportError } from "../import-error";
import type { Piece, Row } from "../rows";
import { parseJsonLines } from "./json-lines";
import { isObject, rowOf } from "./json-rows";
import { JsonItems } from "./json-items";
import { readBytes, textPieces } from "./text-pieces";

/** An object is read whole: its columns belong together. Text of this size takes about three times as much memory. */
const MAX_OBJECT_BYTES = 256 * 1024 * 1024;

/** Rows at a time of what was read whole. */
const PIECE_ROWS = 1000;

/** A list of objects, read as it comes; or an object that has the columns of a collection (`get()` of Chroma), or one list. */
export async function* parseJson(file: File): AsyncGenerator<Piece> {
  const start = new TextDecoder().decode(await readBytes(file, 0, Math.min(65_536, file.size))).trimStart();
  if (start.startsWith("[")) {
    yield* parseList(file);
  } else if (start.startsWith("{")) {
    if (areLines(start)) yield* parseJsonLines(file);
    else yield* parseObject(file);
  } else {
    throw new ImportError("malformed", `“${file.name}” starts with neither “[” nor “{”, as JSON does`);
  }
}

/** A file of lines that bears the name of the other kind. */
function areLines(start: string): boolean {
  const [first = "", second] = start.split("\n", 2);
  if (second === undefined || !second.trimStart().startsWith("{")) return false;
  try {
    return isObject(JSON.parse(first));
  } catch {
    return false;
  }
}

async function* parseList(file: File): AsyncGenerator<Piece> {
  const items = new JsonItems();
  for await (const { text, share, isLast } of textPieces(file)) {
    const piece: Piece = { rows: [], share, bad: [] };
    for (const { text: item, line } of items.take(text)) {
      const place = `line ${line}`;
      try {
        const read = rowOf(JSON.parse(item), place);
        if ("row" in read) piece.rows.push(read.row);
        else piece.bad.push(read.bad);
      } catch (error) {
        piece.bad.push({ place, message: `it is not JSON (${error instanceof Error ? error.message : String(error)})` });
      }
    }
    yield piece;
    if (isLast && !items.isClosed) throw new ImportError("malformed", `“${file.name}” ends in line ${items.line} before its list does: it may have been cut off`);
  }
}

async function* parseObject(file: File): AsyncGenerator<Piece> {
  if (file.size > MAX_OBJECT_BYTES) {
    throw new ImportError("too-large", `“${file.name}” is one object of more than 256 MB, which has to be read whole`);
  }
  const rows = rowsOfObject(parseWhole(new TextDecoder().decode(await readBytes(file, 0, file.size)), file.name), file.name);
  if (rows.length === 0) yield { rows, share: 1, bad: [] };
  for (let from = 0; from < rows.length; from += PIECE_ROWS) {
    const part = rows.slice(from, from + PIECE_ROWS);
    yield { rows: part, share: (from + part.length) / rows.length, bad: [] };
  }
}

function parseWhole(text: string, name: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new ImportError("malformed", `“${name}” is not JSON (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  }
}

function rowsOfObject(value: Record<string, unknown>, name: string): Row[] {
  const { ids } = value;
  if (Array.isArray(ids)) return rowsOfColumns(ids, value, name);
  const lists = Object.values(value).filter((member): member is unknown[] => Array.isArray(member) && member.some(isObject));
  const [list = [value], ...others] = lists;
  if (others.length > 0) throw new ImportError("malformed", `“${name}” has several lists of objects: which of them are the records cannot be told`);
  return list.flatMap((each, i) => {
    const read = rowOf(each, `record ${i + 1}`);
    return "row" in read ? [read.row] : [];
  });
}

/** What `collection.get()` answers: a list for each part of the records. */
function rowsOfColumns(ids: unknown[], value: Record<string, unknown>, name: string): Row[] {
  if (ids.some(Array.isArray)) {
    throw new ImportError("malformed", `“${name}” is the answer of a query, one list for each question: export what \`get()\` answers`);
  }
  const columns = { document: value.documents, embedding: value.embeddings, uri: value.uris };
  const present = Object.entries(columns).filter((column): column is [string, unknown[]] => Array.isArray(column[1]));
  const metadatas = Array.isArray(value.metadatas) ? (value.metadatas as unknown[]) : [];
  for (const [key, column] of [...present, ["metadatas", metadatas.length > 0 ? metadatas : ids] as const]) {
    if (column.length !== ids.length) throw new ImportError("malformed", `“${name}” has ${ids.length} ids, but ${column.length} of “${key}”`);
  }
  return ids.map((id, i) => {
    const parts = present.map(([key, column]) => [key, column[i]] as const).filter(([, part]) => part !== null);
    const metadata = metadatas[i];
    return { place: `record ${i + 1}`, values: { ...(isObject(metadata) && metadata), id, ...Object.fromEntries(parts) } };
  });
}
