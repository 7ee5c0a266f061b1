import { arrange } from "./neighbours";
import { fitBasis, normaliseRows, projectRows, type Basis } from "./pca";

/** Records that the main axes are made of: those that come first, which the page takes from all over the collection. */
export const FITTED = 2000;

/** Coordinates that are kept of each record: what memory takes does not depend on the dimension. */
const KEPT = 32;

/** Takes vectors in, a page at a time, and keeps little of each. */
export class Projector {
  readonly #dim: number;
  readonly #isCosine: boolean;
  readonly #needed: number;
  readonly #kept: Float32Array;
  #count = 0;
  /** What came before the axes were known. */
  #early: Float32Array[] = [];
  #earlyCount = 0;
  #basis: Basis | undefined;

  constructor(dim: number, total: number, isCosine: boolean) {
    this.#dim = dim;
    this.#isCosine = isCosine;
    this.#needed = Math.min(FITTED, total);
    this.#kept = new Float32Array(total * Math.min(KEPT, dim));
  }

  /** Answers the places of what is new on the two main axes; nothing while there is too little to know these. */
  take(rows: Float32Array): Float32Array<ArrayBuffer> {
    if (this.#isCosine) normaliseRows(rows, this.#dim);
    if (this.#basis) return this.#project(this.#basis, rows);
    this.#early.push(rows);
    this.#earlyCount += rows.length / this.#dim;
    return this.#earlyCount < this.#needed ? new Float32Array() : this.#begin();
  }

  /** Places of what has been held back, when no more will come: some records may be gone since they were counted. */
  flush(): Float32Array<ArrayBuffer> {
    return this.#basis || this.#earlyCount === 0 ? new Float32Array() : this.#begin();
  }

  arrange(onProgress: (share: number) => void): Float32Array {
    const width = this.#basis?.components ?? 1;
    return arrange(this.#kept.subarray(0, this.#count * width), width, onProgress);
  }

  #begin(): Float32Array<ArrayBuffer> {
    const rows = new Float32Array(this.#earlyCount * this.#dim);
    let at = 0;
    for (const page of this.#early) {
      rows.set(page, at);
      at += page.length;
    }
    this.#early = [];
    this.#basis = fitBasis(rows, this.#dim, KEPT);
    return this.#project(this.#basis, rows);
  }

  #project(basis: Basis, rows: Float32Array): Float32Array<ArrayBuffer> {
    const projected = projectRows(basis, rows);
    const { components } = basis;
    this.#kept.set(projected, this.#count * components);
    const count = projected.length / components;
    this.#count += count;
    const places = new Float32Array(count * 2);
    for (let row = 0; row < count; row++) {
      places[2 * row] = projected[row * components] ?? 0;
      places[2 * row + 1] = components > 1 ? (projected[row * components + 1] ?? 0) : 0;
    }
    return places;
  }
}
