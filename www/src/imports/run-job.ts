import type { Collection } from "chromatid";
import { ImportError } from "./import-error";
import type { Job, Position } from "./job";
import { RecordMaker, type ImportRecord } from "./records";
import { parserOf, type Piece, type Row } from "./rows";

/** Records that are stored at a time: all of them or none, and durable before the next are read. */
const BATCH = 250;

export interface Advance extends Position {
  /** How much of all files is done, up to 1 */
  share: number;
}

export interface Control {
  onAdvance: (advance: Advance) => void;
  /** Waits as long as the import is paused; rejects when it is given up */
  gate: () => Promise<void>;
}

/**
 * Stores the records of files from a position on. What lies before it is read again, since ids and lines are counted from the
 * beginning, but neither embedded nor stored.
 */
export async function runJob(files: readonly File[], job: Job, collection: Collection, control: Control): Promise<Position> {
  const position = { ...job.position };
  const hasModel = collection.embeddingFunction !== undefined;
  const total = job.files.reduce((sum, { size }) => sum + size, 0) || 1;
  let before = job.files.slice(0, position.file).reduce((sum, { size }) => sum + size, 0);
  for (; position.file < files.length; position.file++, position.row = 0) {
    const file = files[position.file];
    const told = job.files[position.file];
    if (!file || !told) break;
    const maker = new RecordMaker(told, job.options);
    const batch = new Batch(collection, hasModel);
    let row = 0;
    let share = 0;
    for await (const piece of (await parserOf(told.format))(file)) {
      position.passedOver += passOver(piece, job, told.name, row >= position.row);
      for (const [i, each] of piece.rows.entries()) {
        const isNew = row++ >= position.row;
        const records = recordsOf(maker, each, told.name, job, hasModel);
        if (!isNew) continue;
        if (records.length === 0) position.passedOver++;
        position.records += batch.add(records);
        position.row = row;
        if (batch.size < BATCH) continue;
        await batch.store();
        control.onAdvance({ ...position, share: (before + (share + ((piece.share - share) * (i + 1)) / piece.rows.length) * told.size) / total });
        await control.gate();
      }
      share = piece.share;
    }
    await batch.store();
    before += told.size;
    control.onAdvance({ ...position, share: before / total });
    await control.gate();
  }
  if (position.records === 0) throw new ImportError("empty", `There is no record with a text or a vector in ${job.files.length === 1 ? "this file" : "these files"}`);
  return position;
}

/** How many rows could not be read, if they are to be passed over. */
function passOver({ bad: [first, ...others] }: Piece, job: Job, name: string, isNew: boolean): number {
  if (!first) return 0;
  if (!job.options.passOver) throw new ImportError("malformed", `“${name}”, ${first.place}: ${first.message}`);
  return isNew ? 1 + others.length : 0;
}

function recordsOf(maker: RecordMaker, row: Row, name: string, { options }: Job, hasModel: boolean): ImportRecord[] {
  try {
    const records = maker.take(row);
    const lacking = hasModel ? undefined : records.find(({ embedding }) => !embedding);
    if (lacking) throw new ImportError("no-vector", `${row.place}: the record has no vector, and the collection has no model to make one`);
    return records;
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    if (options.passOver && error.isOfOneRecord) return [];
    throw new ImportError(error.fault, `“${name}”, ${error.message}`, { cause: error });
  }
}

/** Records until they are stored. Those with vectors and those without go separately: a call has vectors for all or for none. */
class Batch {
  readonly #collection: Collection;
  readonly #hasModel: boolean;
  #records = new Map<string, ImportRecord>();

  constructor(collection: Collection, hasModel: boolean) {
    this.#collection = collection;
    this.#hasModel = hasModel;
  }

  get size(): number {
    return this.#records.size;
  }

  /** Adds records; answers how many ids are new in this batch. */
  add(records: readonly ImportRecord[]): number {
    const before = this.#records.size;
    for (const record of records) this.#records.set(record.id, record);
    return this.#records.size - before;
  }

  async store(): Promise<void> {
    const records = [...this.#records.values()];
    this.#records = new Map();
    await this.#upsert(records.filter(({ embedding }) => embedding));
    if (this.#hasModel) await this.#upsert(records.filter(({ embedding }) => !embedding));
  }

  async #upsert(records: readonly ImportRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += BATCH) {
      const part = records.slice(from, from + BATCH);
      const embeddings = part.flatMap(({ embedding }) => (embedding ? [embedding] : []));
      await this.#collection.upsert({
        ids: part.map(({ id }) => id),
        // Beside records with a text, one without has an empty one.
        ...(part.some(({ document }) => document !== undefined) && { documents: part.map(({ document }) => document ?? "") }),
        ...(embeddings.length > 0 && { embeddings }),
        metadatas: part.map(({ metadata }) => metadata),
      });
    }
  }
}
