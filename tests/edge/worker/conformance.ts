/** A Worker that runs the storage conformance suite in a Durable Object: `POST /<storage>`. */

import { initSync, run_storage_conformance } from "conformance-engine";
import engineModule from "conformance-engine.wasm";

import type { StorageAdapter } from "chromatid";

import { adapterOf, type StorageName } from "./adapters";
import { answered, askObject, type Bindings, type ObjectState } from "./platform";

declare global {
  /** What the suite asks for an empty store. */
  var createStorageAdapter: (() => StorageAdapter) | undefined;
}

export class Store {
  readonly #state: ObjectState;
  readonly #bindings: Bindings;

  constructor(state: ObjectState, bindings: Bindings) {
    this.#state = state;
    this.#bindings = bindings;
  }

  fetch(request: Request): Promise<Response> {
    return answered(async () => {
      const kind = (await request.json()) as StorageName;
      initSync({ module: engineModule });
      let stores = 0;
      globalThis.createStorageAdapter = () => {
        const made = adapterOf(this.#state, this.#bindings, kind, { name: `store_${stores}` });
        // What the last check left is in the database's size.
        for (const table of stores > 0 ? ["blocks", "log", "state"] : []) {
          this.#state.storage.sql.exec(`DROP TABLE store_${stores - 1}_${table}`);
        }
        stores += 1;
        return made;
      };
      return run_storage_conformance("adapter");
    });
  }
}

export default {
  fetch: (request: Request, bindings: Bindings) =>
    answered(async () => {
      const kind = new URL(request.url).pathname.slice(1);
      return askObject(bindings, kind, JSON.stringify(kind));
    }),
};
