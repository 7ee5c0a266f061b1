/** Linked collections, as the engine tells of them and takes what synchronisation has found out. */

import type { GetColumns, Records } from "./engine.js";

/** A linked collection. */
export interface LinkJson {
  tenant: string;
  database: string;
  collection: string;
  name: string;
  settings: string;
}

/** A row of a shadow: its metadata is merged with what there is, a document of null stays as it was. */
export interface ShadowRowJson {
  metadata: Record<string, unknown>;
  document: string | null;
}

/** Columns of a read whose metadata are JSON texts, in which `1` and `1.0` differ. */
export interface ExactColumns extends Omit<GetColumns, "metadatas"> {
  metadatas: (string | null)[] | null;
}

/** What synchronisation writes at once. Columns are as long as `ids`. */
export interface Replication {
  ids: string[];
  /** When each was last edited, as its row said when the decision was made. One that was edited since is left out. */
  edited: (number | null)[];
  changes: ("keep" | "put" | "delete")[];
  /** Null removes a row. */
  rows: (ShadowRowJson | null)[];
  /** Whole records, in the order of the changes that put them; metadata as JSON texts. */
  records?: Omit<Records, "metadatas"> & { metadatas: (string | null)[] };
  /** Rows about the link as a whole, or about records whatever was edited meanwhile. */
  link_rows: { ids: string[]; rows: (ShadowRowJson | null)[] };
}
