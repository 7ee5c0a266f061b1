/** Functions of the caller that are attached to collections: called with what has changed, and written down what they answer. */

import type { Engine, PendingFunctionJson, Records, StoredRecordJson } from "./engine/engine.js";
import { ChromaConnectionError } from "./errors.js";
import { packMatrix } from "./matrix.js";
import { deserializeMetadata, serializeMetadata } from "./metadata.js";
import { nextChange } from "./live.js";
import type { Session } from "./session.js";
import type { Metadata, RecordSet } from "./types.js";

/** A record as a function sees it. */
export interface ChangedRecord {
  id: string;
  document: string | null;
  uri: string | null;
  metadata: Metadata | null;
  /** Of new and changed records. */
  embedding?: number[];
}

/** A record before and after; `null` where it was not there yet, or is no more. */
export interface RecordChange {
  old: ChangedRecord | null;
  new: ChangedRecord | null;
}

/** What a function writes to its output collection. */
export interface FunctionOutput {
  /** Embeddings are needed, and all have the same dimension. */
  upsert?: RecordSet;
  delete?: string[];
}

/**
 * A function over the changes of a collection, some hundred at a time, with the parameters that it was attached with. If it throws, nothing of that
 * run is written, and it will see the same changes again.
 */
export type RecordFunction = (
  changes: RecordChange[],
  params: Record<string, unknown>,
) => FunctionOutput | undefined | Promise<FunctionOutput | undefined>;

/** Calls the functions that were registered, as long as their client is open. */
export class FunctionRunner {
  readonly #session: Session;
  readonly #functions = new Map<string, RecordFunction>();
  #running = false;
  #ended = false;

  constructor(session: Session) {
    this.#session = session;
  }

  names(): string[] {
    return [...this.#functions.keys()];
  }

  register(name: string, callback: RecordFunction): void {
    this.#functions.set(name, callback);
    if (!this.#running) {
      this.#running = true;
      void this.#followEngines();
    }
  }

  end(): void {
    this.#ended = true;
  }

  #isOver(): boolean {
    return this.#ended || this.#session.isClosed;
  }

  /** Follows one engine after the other: an engine that is lost, or moves to another tab, is taken up again. */
  async #followEngines(): Promise<void> {
    const progress = { made: true };
    while (progress.made && !this.#isOver()) {
      progress.made = false;
      // A store that cannot be opened, or is gone, is reported to those who call it.
      await this.#follow(progress).catch(() => undefined);
    }
    this.#running = false;
  }

  async #follow(progress: { made: boolean }): Promise<void> {
    const engine = await this.#session.engine();
    for (let seen = 0; !this.#ended; seen = await nextChange(engine, seen)) {
      for (const pending of await engine.pendingFunctions(this.names())) {
        // The store may be closed in the middle of a run, which is then made again when it is open.
        await this.#run(engine, pending).catch((error: unknown) => (this.#isOver() ? undefined : reportLater(error)));
      }
      progress.made = true;
    }
  }

  async #run(engine: Engine, { tenant, database, collection, function: attached }: PendingFunctionJson): Promise<void> {
    const callback = this.#functions.get(attached.function_name);
    const run = await engine.beginFunction(tenant, database, collection, attached.name);
    if (!callback || typeof run !== "number") {
      return;
    }
    const params = attached.params ? (JSON.parse(attached.params) as Record<string, unknown>) : {};
    const outputs: FunctionOutput[] = [];
    try {
      for (;;) {
        const changes = await engine.nextChanges(run);
        if (changes.length === 0) {
          break;
        }
        const read = changes.map((change) => ({ old: readRecord(change.old), new: readRecord(change.new) }));
        outputs.push((await callback(read, params)) ?? {});
      }
    } catch (error) {
      await engine.finishFunction(run, null);
      throw error;
    }
    await engine.finishFunction(run, join(outputs));
  }
}

/** The outputs of one run as one: later ones win. */
function join(outputs: readonly FunctionOutput[]): { upsert?: Records; delete: string[] } {
  const rows = new Map<string, Row | null>();
  for (const output of outputs) {
    output.delete?.forEach((id) => rows.set(id, null));
    output.upsert?.ids.forEach((id, place) => rows.set(id, rowOf(output.upsert as RecordSet, place)));
  }
  const upserted = [...rows].flatMap(([id, row]) => (row ? [{ id, ...row }] : []));
  return {
    upsert:
      upserted.length === 0
        ? undefined
        : {
            ids: upserted.map(({ id }) => id),
            embeddings: packMatrix(upserted.map(({ embedding }) => embedding)),
            documents: upserted.map(({ document }) => document),
            uris: upserted.map(({ uri }) => uri),
            metadatas: upserted.map(({ metadata }) => metadata && serializeMetadata(metadata, "keep")),
          },
    delete: [...rows].flatMap(([id, row]) => (row ? [] : [id])),
  };
}

interface Row {
  embedding: number[];
  document: string | null;
  uri: string | null;
  metadata: Metadata | null;
}

function rowOf({ embeddings, documents, uris, metadatas }: RecordSet, place: number): Row {
  return {
    embedding: Array.from(embeddings?.[place] ?? []),
    document: documents?.[place] ?? null,
    uri: uris?.[place] ?? null,
    metadata: metadatas?.[place] ?? null,
  };
}

function readRecord(record: StoredRecordJson | null): ChangedRecord | null {
  return (
    record && {
      id: record.id,
      document: record.document,
      uri: record.uri,
      metadata: record.metadata && deserializeMetadata<Metadata>(record.metadata),
      ...(record.embedding && { embedding: Array.from(record.embedding) }),
    }
  );
}

/** Nobody waits for a run: what goes wrong in it is an error of the page. */
function reportLater(error: unknown): void {
  if (error instanceof ChromaConnectionError) {
    // The run goes on with the next engine, from where the last one was committed.
    throw error;
  }
  queueMicrotask(() => {
    throw error;
  });
}
