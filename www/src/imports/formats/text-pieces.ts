import { ImportError } from "../import-error";

/** Bytes that are read at a time: small enough that progress moves, and that a pause comes soon. */
const PIECE_BYTES = 256 * 1024;

export interface TextPiece {
  text: string;
  share: number;
  isLast: boolean;
}

/** The text of a file, piece by piece, each line ended by "\n" alone. */
export async function* textPieces(file: File): AsyncGenerator<TextPiece> {
  const decoder = new TextDecoder(await encodingOf(file));
  let held = "";
  let from = 0;
  do {
    const to = Math.min(from + PIECE_BYTES, file.size);
    const isLast = to >= file.size;
    // A "\r" at the end of a piece may have its "\n" in the next one.
    let text = held + decoder.decode(await readBytes(file, from, to), { stream: !isLast });
    held = !isLast && text.endsWith("\r") ? "\r" : "";
    if (held !== "") text = text.slice(0, -1);
    yield { text: text.replace(/\r\n?/g, "\n"), share: file.size === 0 ? 1 : to / file.size, isLast };
    from = to;
  } while (from < file.size);
}

/** Bytes of a file; a file that was moved, deleted or changed since it was chosen cannot be read any more. */
export async function readBytes(file: File, from: number, to: number): Promise<ArrayBuffer> {
  try {
    return await file.slice(from, to).arrayBuffer();
  } catch (cause) {
    throw new ImportError("vanished", `“${file.name}” cannot be read any more`, { cause });
  }
}

/** UTF-8 and UTF-16 where the bytes are such, else what spreadsheets of Windows write. */
async function encodingOf(file: File): Promise<string> {
  const head = new Uint8Array(await readBytes(file, 0, Math.min(PIECE_BYTES, file.size)));
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}
