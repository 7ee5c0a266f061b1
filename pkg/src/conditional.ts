/** Transactions: reads of one state, and writes that are made only if nobody else has written what they are about since. */

import type { GetArgs } from "./collection-api.js";
import type { ConditionalCommit, ConditionalOperation, GetColumns, GetRequest, Records } from "./engine/engine.js";
import { ChromaConditionalWriteConflictError, ChromaStaleReadError, ChromaValueError } from "./errors.js";
import type { GetResult } from "./results.js";
import type { Metadata, RecordSet } from "./types.js";

/** What a transaction needs of its collection. */
export interface ConditionalTarget {
  prepareGet(args: GetArgs): GetRequest;
  readGet<TMeta extends Metadata>(columns: GetColumns, request: GetRequest): GetResult<TMeta>;
  prepareRecords(records: RecordSet, operation: "add" | "update" | "upsert"): Promise<Records>;
  get(request: GetRequest & { read_token?: number }): Promise<{ columns: GetColumns; read_token: number }>;
  commit(commit: ConditionalCommit): Promise<CommitResult>;
}

/** What a commit has written. */
export interface CommitResult {
  /** Where in the log the writes are; `null` if there were none. */
  first_inserted_record_offset: number | null;
  record_count: number;
}

/** Attempts after the first one that {@link ConditionalTransaction.run} makes by default. */
const MAX_RETRIES = 3;

/**
 * A transaction. Reads see the state of the first one; writes are kept until {@link commit}, which makes all of them or none. To write a record, the
 * transaction has to have seen whether it exists.
 */
export interface ConditionalTransaction {
  /** Reads records. Reads by filter need a limit, so that what they are about is bounded. */
  get<TMeta extends Metadata = Metadata>(args: GetArgs): Promise<GetResult<TMeta>>;
  /** Adds records that an earlier read has shown not to exist. */
  add(records: RecordSet): Promise<void>;
  /** Changes records that an earlier read has shown to exist. */
  update(records: RecordSet): Promise<void>;
  /** Changes records, and adds those that do not exist. */
  upsert(records: RecordSet): Promise<void>;
  /** Deletes records that an earlier read has shown to exist. */
  delete(args: { ids: string[] }): Promise<void>;
  /**
   * Makes the writes, all of them or none. Fails with {@link ChromaConditionalWriteConflictError} if a record that was read or is written has been
   * written by another since.
   */
  commit(): Promise<CommitResult>;
  /** Calls `callback` with a transaction and commits it; both again, on the state as it is then, if another write came in between. */
  run<T>(
    callback: (transaction: ConditionalTransaction) => Promise<T> | T,
    options?: { maxRetries?: number },
  ): Promise<T>;
}

/** A transaction that keeps its writes here until it is committed. */
export class BufferedTransaction implements ConditionalTransaction {
  readonly #target: ConditionalTarget;
  #token: number | undefined;
  /** Ids that were read, and whether they were there. */
  readonly #seen = new Map<string, boolean>();
  readonly #written = new Set<string>();
  #operations: ConditionalOperation[] = [];
  #running = false;
  #done = false;

  constructor(target: ConditionalTarget) {
    this.#target = target;
  }

  async get<TMeta extends Metadata = Metadata>(args: GetArgs): Promise<GetResult<TMeta>> {
    this.#check();
    if (!args.ids && !(args.limit && args.limit > 0)) {
      throw new ChromaValueError("A conditional read by filter needs a positive limit");
    }
    const written = args.ids?.find((id) => this.#written.has(id));
    if (written !== undefined) {
      throw new ChromaValueError(`Record ${written} cannot be read after a write to it in the same transaction`);
    }
    const request = this.#target.prepareGet(args);
    const { columns, read_token } = await this.#target.get({ ...request, read_token: this.#token });
    this.#token = read_token;
    const found = new Set(columns.ids);
    const isWhole = !args.where && !args.whereDocument && args.limit === undefined && !args.offset;
    for (const id of found) {
      this.#seen.set(id, true);
    }
    for (const id of isWhole ? (args.ids ?? []) : []) {
      if (!found.has(id)) {
        this.#seen.set(id, false);
      }
    }
    return this.#target.readGet<TMeta>(columns, request);
  }

  async add(records: RecordSet): Promise<void> {
    this.#note(records.ids, "add", false);
    this.#operations.push({ operation: "add", payload: await this.#target.prepareRecords(records, "add") });
  }

  async update(records: RecordSet): Promise<void> {
    this.#note(records.ids, "update", true);
    this.#operations.push({ operation: "update", payload: await this.#target.prepareRecords(records, "update") });
  }

  async upsert(records: RecordSet): Promise<void> {
    this.#note(records.ids, "upsert");
    this.#operations.push({ operation: "upsert", payload: await this.#target.prepareRecords(records, "upsert") });
  }

  async delete({ ids }: { ids: string[] }): Promise<void> {
    this.#note(ids, "delete", true);
    this.#operations.push({ operation: "delete", payload: { ids: [...ids] } });
    await Promise.resolve();
  }

  async commit(): Promise<CommitResult> {
    if (this.#running) {
      throw new ChromaValueError("commit() is not called inside of run(), which commits itself");
    }
    return this.#commit();
  }

  async run<T>(
    callback: (transaction: ConditionalTransaction) => Promise<T> | T,
    { maxRetries = MAX_RETRIES }: { maxRetries?: number } = {},
  ): Promise<T> {
    this.#check();
    for (let retries = 0; ; retries += 1) {
      const transaction = new BufferedTransaction(this.#target);
      transaction.#running = true;
      try {
        const result = await callback(transaction);
        await transaction.#commit();
        return result;
      } catch (error) {
        const again = error instanceof ChromaConditionalWriteConflictError || error instanceof ChromaStaleReadError;
        if (!again || retries >= maxRetries) {
          throw error;
        }
      }
    }
  }

  async #commit(): Promise<CommitResult> {
    this.#check();
    this.#done = true;
    const read_ids = [...this.#seen.keys()];
    return this.#target.commit({ read_token: this.#token, read_ids, operations: this.#operations });
  }

  #check(): void {
    if (this.#done) {
      throw new ChromaValueError("The transaction has been committed already: begin another one");
    }
  }

  /** Notes ids that are written. `exists` is what has to be known of them. */
  #note(ids: string[], operation: string, exists?: boolean): void {
    this.#check();
    for (const id of ids) {
      if (exists !== undefined && this.#seen.get(id) !== exists) {
        const state = exists ? "present" : "absent";
        throw new ChromaValueError(`${operation} of record ${id} needs an earlier read that showed it ${state}`);
      }
      if (this.#written.has(id)) {
        throw new ChromaValueError(`Record ${id} is written twice in one transaction`);
      }
    }
    ids.forEach((id) => this.#written.add(id));
  }
}
