/** Copies of a collection to and from a Chroma server, once: without a link, and without a trace. */

import type { Engine } from "../engine/engine.js";
import { ChromaValueError } from "../errors.js";
import { findRemote } from "./connect.js";
import { RemoteError } from "./errors.js";
import type { SyncedRecord } from "./records.js";
import { outgoingMetadata, type RemoteCollection, RemoteDatabase, WHOLE } from "./remote.js";
import { type CollectionPath, pages, Replica } from "./replica.js";
import { DEADLINE_MS, platformSurroundings, type RemoteArgs, type Surroundings, Transport } from "./transport.js";

/** Options of a copy. */
export interface CopyOptions {
  /** The server, or several that hold the same. */
  remote: RemoteArgs | RemoteArgs[];
  /** The name of the collection there. Default: as here. */
  collection?: string;
  /** Only records that match. */
  where?: object;
  /** Called after each batch with the number of records that were copied. */
  onProgress?: (records: number) => void;
  /** Gives the copy up; what was copied stays. */
  signal?: AbortSignal;
  surroundings?: Partial<Surroundings>;
}

/** Records that are copied at once. */
const BATCH = 2000;

/** How often a server that is busy, or not there, is asked again. */
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 250;

/** Where a copy goes to or comes from. */
export interface CopySource {
  engine: () => Promise<Engine>;
  path: CollectionPath;
  name: string;
}

/** Writes all records of a collection to a server, which gets the collection if it has none. What it has already is overwritten. */
export async function pushTo({ engine, path, name }: CopySource, options: CopyOptions): Promise<number> {
  const { database, surroundings } = open(options);
  const opened = await engine();
  const local = await opened.getCollectionById(...path);
  const info = await findRemote(database, options.collection ?? name, undefined, local);
  const remote = database.collection(info.id, await database.limits());
  const replica = new Replica(engine, path);
  let copied = 0;
  for (const some of pages(await replica.recordIds(), Math.min(BATCH, remote.limits.batch))) {
    const records = [...(await replica.records(some, options.where && { where: options.where })).values()];
    if (records.length > 0) {
      await patiently(surroundings, options.signal, () => remote.upsert(records.map(toOutgoing)));
    }
    copied += records.length;
    options.onProgress?.(copied);
  }
  return copied;
}

/** Reads all records of a server's collection. What is here already under their ids is overwritten. */
export async function pullFrom({ engine, path, name }: CopySource, options: CopyOptions): Promise<number> {
  const opened = await engine();
  if ((await opened.links()).some(({ collection }) => collection === path[2])) {
    throw new ChromaValueError("The collection is linked: let its link synchronise, or unlink it first");
  }
  const { database, surroundings } = open(options);
  const info = await findRemote(database, options.collection ?? name, undefined, undefined);
  const remote = database.collection(info.id, await database.limits());
  const replica = new Replica(engine, path);
  const where = options.where && { where: options.where };
  // By their ids: pages by offset would pass over records while others are deleted.
  const ids = await patiently(surroundings, options.signal, () => remote.ids({ ...where }));
  let copied = 0;
  for (const some of pages(ids, BATCH)) {
    const records = await patiently(surroundings, options.signal, () => remote.get({ ids: some, include: WHOLE }));
    await replica.commit(records.map((record) => ({ id: record.id, edited: undefined, record, row: null })));
    copied += records.length;
    options.onProgress?.(copied);
  }
  return copied;
}

function open(options: CopyOptions): { database: RemoteDatabase; surroundings: Surroundings } {
  const places = Array.isArray(options.remote) ? options.remote : [options.remote];
  const surroundings = { ...platformSurroundings(), ...options.surroundings };
  const transport = new Transport(places, surroundings);
  if (options.signal) {
    transport.until(options.signal);
  }
  return { database: new RemoteDatabase(transport, places[0]?.tenant, places[0]?.database), surroundings };
}

function toOutgoing({ id, document, uri, metadata, embedding }: SyncedRecord): Parameters<RemoteCollection["upsert"]>[0][number] {
  return { id, document, uri, metadata: outgoingMetadata(metadata, [], []), ...(embedding && { embedding }) };
}

/** Asks again while the server is busy or cannot be reached: every request of a copy may be made twice. */
async function patiently<T>(surroundings: Surroundings, signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      const isTemporary = error instanceof RemoteError && (error.problem === "busy" || error.problem === "unreachable");
      if (!isTemporary || attempt === ATTEMPTS) {
        throw error;
      }
      await surroundings.sleep(Math.min(error.retryAfter ?? FIRST_PAUSE_MS * 2 ** attempt, DEADLINE_MS), signal);
    }
  }
}
