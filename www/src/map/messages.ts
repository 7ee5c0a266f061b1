/** What the page and the worker that projects tell each other. */

export type ToWorker =
  | { kind: "begin"; dim: number; total: number; isCosine: boolean }
  /** Vectors one after the other; each such message is answered by `taken` */
  | { kind: "rows"; rows: Float32Array<ArrayBuffer> }
  | { kind: "arrange" };

export type FromWorker =
  /** Places of the records that are new, two numbers each; none while there are too few to know the main axes */
  | { kind: "taken"; places: Float32Array<ArrayBuffer> }
  | { kind: "progress"; share: number }
  | { kind: "arranged"; places: Float32Array<ArrayBuffer> }
  | { kind: "failed"; message: string };
