/** The storages that the tests run on. */

import type { StorageAdapter } from "chromatid";
import { DurableObjectStorage, R2Storage } from "chromatid/cloudflare";

import type { Bindings, ObjectState } from "./platform";

export type StorageName = "sqlite" | "r2";

/** Wraps what calls are made on: to count them, or to have some fail. */
export type Wrap = <T extends object>(object: T) => T;

const asItIs: Wrap = (object) => object;

/**
 * The storage of an object. Calls on the database and the bucket go through `wrap`, and those on the bucket are not repeated: what a test lets fail has failed.
 * @param name sets stores of one object apart
 */
export function adapterOf(
  { id, storage }: ObjectState,
  { BUCKET }: Bindings,
  kind: StorageName,
  { name = "chromatid", wrap = asItIs }: { name?: string; wrap?: Wrap } = {},
): StorageAdapter {
  const database = wrap(new DurableObjectStorage(storage, { prefix: name }));
  return kind === "sqlite"
    ? database
    : new R2Storage({ bucket: wrap(BUCKET), prefix: `${id.toString()}/${name}`, log: database, attempts: 1 });
}
