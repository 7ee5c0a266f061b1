import type { ModelFault } from "../model-error";

/** Vectors of texts, row-major. */
export interface Encoded {
  values: Float32Array;
  dimension: number;
}

export interface ToWorker {
  id: number;
  /** Of the model: an absolute address */
  folder: string;
  texts: readonly string[];
  isNormalised: boolean;
}

export type FromWorker =
  | { id: number; encoded: Encoded }
  | { id: number; failure: { message: string; fault?: ModelFault; server?: string } }
  /** How much of the model has been fetched, up to 1 */
  | { folder: string; share: number };
