/** Compile-only: in Node the package has the types of its entry for Node, and the clients fit where a client is expected. */

import type * as chromatid from "chromatid";
import type * as explicit from "chromatid/node";

type Assert<T extends true> = T;
type Fits<A, B> = [A] extends [B] ? true : false;

export type Entries = Assert<Fits<typeof chromatid, typeof explicit>>;
export type Clients = Assert<Fits<chromatid.PersistentClient | chromatid.EphemeralClient, chromatid.ChromaClient>>;
export type Directories = Assert<Fits<chromatid.NodeDirectory, chromatid.StorageDirectory>>;
export type Storages = Assert<Fits<chromatid.StorageDirectory, chromatid.StorageChoice>>;
export type Paths = Assert<Fits<{ path: string; durability: "relaxed" }, chromatid.PersistentClientArgs>>;
