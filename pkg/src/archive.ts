/** Exports and imports: everything that a store holds as one file, in pieces. */

import type { Engine, ExportedJson, ImportedJson } from "./engine/engine.js";
import { ChromaValueError } from "./errors.js";
import type { Session } from "./session.js";

/** Options of `ChromaClient.export`; all optional. */
export interface ExportOptions {
  /** Names of collections of the client's database. Default: all of all databases. */
  collections?: string[];
  /** Leaves out what is damaged, which otherwise ends the export with an error. `onEnd` is told what that was. */
  skipDamaged?: boolean;
  /** Called at the end, before the last piece is read. */
  onEnd?: (exported: Exported) => void;
}

/** What an export holds. */
export interface Exported {
  collections: number;
  records: number;
  /** Collections of which records could not be read. */
  damaged: DamagedCollection[];
}

export interface DamagedCollection {
  id: string;
  name: string;
  /** `null` if it is not known how many there were. */
  lostRecords: number | null;
  /** The ids of some of them. */
  lostIds: string[];
}

/** What becomes of collections that exist already. */
export type ExistingCollections = "refuse" | "merge" | "replace";

/** Options of `ChromaClient.import`; all optional. */
export interface ImportOptions {
  /**
   * Collections that exist already, by their names. `refuse` (default): the import fails and changes nothing. `merge`: they get the records that
   * they do not have; an import that was interrupted is finished so. `replace`: they go once everything else is there.
   */
  existing?: ExistingCollections;
  /** Called after each piece, with what has been made so far. */
  onProgress?: (imported: Imported) => void;
  /** Gives the import up; the collections that it made are deleted. */
  signal?: AbortSignal;
}

/** What an import has made. */
export interface Imported {
  collections: number;
  /** Records that were read: those that a collection had already count too. */
  records: number;
  /** Records that the export could not read. */
  lost: number;
}

/** An export that somebody has: a file, a response's body, bytes. */
export type ArchiveSource = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Blob | ArrayBuffer | Uint8Array;

/** Bytes that are sent to the engine at once, at most. */
const PIECE = 1024 * 1024;

/** An export as it is read. Of `collections` the database is the client's. */
export function exportStream(
  session: Session,
  scope: { tenant: string; database: string },
  { collections, skipDamaged = false, onEnd }: ExportOptions,
): ReadableStream<Uint8Array> {
  // One engine from the beginning to the end: another one knows nothing of it.
  let begun: { engine: Engine; number: number } | undefined;
  let isGivenUp = false;
  const end = async (): Promise<ExportedJson | undefined> => {
    const ended = begun;
    begun = undefined;
    return ended?.engine.endExport(ended.number);
  };
  return new ReadableStream<Uint8Array>(
    {
      async start() {
        const request = { ...scope, skip_damaged: skipDamaged };
        const engine = await session.engine();
        const number = await engine.beginExport(collections ? { ...request, collections } : request);
        begun = { engine, number };
        if (isGivenUp) {
          await end();
        }
      },
      async pull(controller) {
        try {
          const piece = begun && (await begun.engine.nextExport(begun.number));
          if (piece) {
            controller.enqueue(piece);
            return;
          }
          const exported = await end();
          if (exported) {
            onEnd?.(toExported(exported));
          }
          controller.close();
        } catch (error) {
          // What was begun is given up; the first error counts.
          await end().catch(() => undefined);
          throw error;
        }
      },
      async cancel() {
        isGivenUp = true;
        // Nobody reads on: that its engine is gone does not matter either.
        await end().catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

function toExported({ collections, records, damaged }: ExportedJson): Exported {
  const of = (one: ExportedJson["damaged"][number]): DamagedCollection => ({
    id: one.id,
    name: one.name,
    lostRecords: one.lost_records ?? null,
    lostIds: one.lost_ids,
  });
  return { collections, records, damaged: damaged.map(of) };
}

/** Reads an export into a store. */
export async function importArchive(
  session: Session,
  source: ArchiveSource,
  { existing = "refuse", onProgress, signal }: ImportOptions,
): Promise<Imported> {
  const pieces = piecesOf(source);
  signal?.throwIfAborted();
  const engine = await session.engine();
  const number = await engine.beginImport({ existing });
  let imported: ImportedJson;
  try {
    for await (const piece of pieces) {
      signal?.throwIfAborted();
      imported = await engine.pushImport(number, piece);
      onProgress?.({ ...imported });
    }
    signal?.throwIfAborted();
  } catch (error) {
    // One that the engine has ended already is not known any more; the first error counts.
    await engine.endImport(number, true).catch(() => undefined);
    throw error;
  }
  return engine.endImport(number, false);
}

/** The bytes of a source in pieces of a bounded size. */
async function* piecesOf(source: ArchiveSource): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunksOf(source)) {
    if (!(chunk instanceof Uint8Array)) {
      throw new ChromaValueError("An export is bytes: give a stream of Uint8Arrays, a Blob, an ArrayBuffer or a Uint8Array");
    }
    for (let start = 0; start < chunk.length; start += PIECE) {
      yield chunk.subarray(start, start + PIECE);
    }
  }
}

function chunksOf(source: ArchiveSource): AsyncIterable<unknown> | Iterable<unknown> {
  if (source instanceof Uint8Array) {
    return [source];
  }
  if (source instanceof ArrayBuffer) {
    return [new Uint8Array(source)];
  }
  if (typeof Blob !== "undefined" && source instanceof Blob) {
    return readerOf(source.stream());
  }
  if (typeof source === "object" && "getReader" in source) {
    return readerOf(source);
  }
  return source as AsyncIterable<Uint8Array>;
}

/** Streams cannot be iterated everywhere. */
async function* readerOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      yield value as Uint8Array;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
