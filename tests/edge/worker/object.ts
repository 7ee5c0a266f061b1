/** The Durable Object of the tests: a store, and what is done with it. */

import { ChromaClient } from "chromatid";

import { adapterOf, type StorageName } from "./adapters";
import { type Fault, Faults } from "./faults";
import { canonical, contentsOf, type Step, take } from "./model";
import { answered, type Bindings, type ObjectState } from "./platform";

/** What the object is asked for. The store is opened by the first request that needs it, as that says. */
export type Request =
  | { call: "step"; storage: StorageName; step: Step; fault?: Fault }
  /** Everything that the store holds, as `canonical` writes it. */
  | { call: "contents"; storage: StorageName }
  /** Deletes all collections; answers how many blocks are left when there is nothing more to do. */
  | { call: "empty"; storage: StorageName }
  /** Any method of a collection, which is created if need be, or of the client. */
  | { call: "method"; storage: StorageName; on?: string; method: string; args?: unknown }
  /** Storage calls that were made. */
  | { call: "calls" }
  /** Writes of one record each, one after another; answers how long they took, in milliseconds. */
  | { call: "write"; storage: StorageName; records: number; dimension: number }
  /** Makes garbage until there is more than the isolate leaves uncollected; answers its bytes. */
  | { call: "litter" }
  | { call: "abort" };

/** Bytes of garbage, and how many are made at a time. */
const [LITTER_BYTES, PIECE_BYTES] = [1024 * 1024 * 1024, 8 * 1024 * 1024];

export class Store {
  readonly #state: ObjectState;
  readonly #bindings: Bindings;
  #client: ChromaClient | undefined;
  #faults: Faults | undefined;

  constructor(state: ObjectState, bindings: Bindings) {
    this.#state = state;
    this.#bindings = bindings;
  }

  fetch(request: globalThis.Request): Promise<Response> {
    return answered(async () => this.#answer((await request.json()) as Request));
  }

  async #answer(request: Request): Promise<unknown> {
    switch (request.call) {
      case "step":
        return this.#step(request.storage, request.step, request.fault);
      case "contents":
        return canonical(await contentsOf(this.#open(request.storage)));
      case "empty":
        return this.#empty(this.#open(request.storage));
      case "method":
        return this.#method(this.#open(request.storage), request.on, request.method, request.args);
      case "calls":
        return this.#faults?.calls;
      case "write":
        return this.#write(this.#open(request.storage), request.records, request.dimension);
      case "litter":
        return litter();
      case "abort":
        this.#state.abort("asked for");
    }
  }

  #open(storage: StorageName, fault?: Fault): ChromaClient {
    this.#faults ??= new Faults(fault, () => this.#state.abort("injected"));
    this.#client ??= new ChromaClient({
      storage: adapterOf(this.#state, this.#bindings, storage, { wrap: this.#faults.wrap }),
      housekeeping: "manual",
    });
    return this.#client;
  }

  async #step(storage: StorageName, step: Step, fault?: Fault): Promise<void> {
    const client = this.#open(storage, fault);
    if (step.do !== "reopen") {
      return take(client, step);
    }
    await client.close();
    this.#client = undefined;
    await this.#open(storage).heartbeat();
  }

  async #empty(client: ChromaClient): Promise<number> {
    for (const { name } of await client.listCollections()) {
      await client.deleteCollection({ name });
    }
    await client.compact();
    while (await client.maintain());
    return (await client.info()).sizes.blocks;
  }

  async #method(client: ChromaClient, on: string | undefined, method: string, args: unknown): Promise<unknown> {
    const target: object = on === undefined ? client : await client.getOrCreateCollection({ name: on, embeddingFunction: null });
    return (target as Record<string, (args: unknown) => unknown>)[method]?.(args);
  }

  async #write(client: ChromaClient, records: number, dimension: number): Promise<number> {
    const collection = await client.getOrCreateCollection({ name: "written", embeddingFunction: null });
    const started = Date.now();
    for (let record = 0; record < records; record += 1) {
      const embedding = Array.from({ length: dimension }, (_, place) => Math.sin(record + place));
      await collection.add({ ids: [`r${record}`], embeddings: [embedding] });
    }
    return Date.now() - started;
  }
}

async function litter(): Promise<number> {
  let bytes = 0;
  while (bytes < LITTER_BYTES) {
    bytes += new Uint8Array(PIECE_BYTES).fill(1).length;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return bytes;
}
