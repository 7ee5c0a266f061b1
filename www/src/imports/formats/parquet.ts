import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { ImportError } from "../import-error";
import type { Piece, Row } from "../rows";
import { flatten } from "./json-rows";
import { readBytes } from "./text-pieces";

/** Rows at a time of a group of rows, which the file has compressed together. */
const PIECE_ROWS = 1000;

/** Parquet, one group of rows in memory at a time. */
export async function* parseParquet(file: File): AsyncGenerator<Piece> {
  const buffer: AsyncBuffer = { byteLength: file.size, slice: (from, to = file.size) => readBytes(file, from < 0 ? file.size + from : from, to) };
  const metadata = await readMetadata(buffer, file.name);
  const total = Number(metadata.num_rows);
  let done = 0;
  if (total === 0) yield { rows: [], share: 1, bad: [] };
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = done + Number(num_rows);
    const objects = await readGroup(buffer, metadata, done, rowEnd, file.name);
    for (let from = 0; from < objects.length; from += PIECE_ROWS) {
      const rows = objects.slice(from, from + PIECE_ROWS).map((values, i): Row => ({ place: `row ${done + from + i + 1}`, values: flatten(values) }));
      yield { rows, share: (done + from + rows.length) / total, bad: [] };
    }
    done = rowEnd;
  }
}

async function readMetadata(buffer: AsyncBuffer, name: string): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(buffer);
  } catch (cause) {
    throw explained(cause, name);
  }
}

async function readGroup(file: AsyncBuffer, metadata: FileMetaData, rowStart: number, rowEnd: number, name: string): Promise<Record<string, unknown>[]> {
  try {
    return await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
  } catch (cause) {
    throw explained(cause, name);
  }
}

function explained(cause: unknown, name: string): ImportError {
  if (cause instanceof ImportError) return cause;
  return new ImportError("malformed", `“${name}” cannot be read as Parquet (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
}
