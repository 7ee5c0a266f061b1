/** Principal components of vectors that lie one after the other, by subspace iteration: no matrix of dim × dim is made. */

import { seededRandom } from "./random";

/** The mean of what it was fitted to, and directions of the greatest variance, each of length 1. */
export interface Basis {
  dim: number;
  components: number;
  mean: Float32Array;
  /** One direction after the other */
  axes: Float32Array;
}

/** Directions beyond those that are wanted: they make the last ones exact sooner. */
const OVERSAMPLING = 6;
const ITERATIONS = 12;
const SEED = 20;

/** Fits at most `wanted` components to rows; fewer if there are fewer rows or dimensions. */
export function fitBasis(rows: Float32Array, dim: number, wanted: number): Basis {
  const count = rows.length / dim;
  const mean = meanOf(rows, dim);
  const centred = Float32Array.from(rows, (value, at) => value - (mean[at % dim] ?? 0));
  const width = Math.min(wanted + OVERSAMPLING, dim, Math.max(1, count));
  const random = seededRandom(SEED);
  let axes: Float32Array = Float32Array.from({ length: width * dim }, () => random() - 0.5);
  orthonormalise(axes, dim, width);
  for (let round = 0; round < ITERATIONS; round++) {
    axes = multiplyCovariance(centred, dim, axes, width);
    orthonormalise(axes, dim, width);
  }
  axes = rotateToVariance(centred, dim, axes, width);
  const components = Math.min(wanted, width);
  return { dim, components, mean, axes: axes.slice(0, components * dim) };
}

/** The coordinates of rows along the directions of a basis. */
export function projectRows({ dim, components, mean, axes }: Basis, rows: Float32Array): Float32Array {
  const count = rows.length / dim;
  const projected = new Float32Array(count * components);
  const centred = new Float32Array(dim);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < dim; i++) centred[i] = (rows[row * dim + i] ?? 0) - (mean[i] ?? 0);
    for (let axis = 0; axis < components; axis++) projected[row * components + axis] = dot(axes, axis * dim, centred, 0, dim);
  }
  return projected;
}

/** Gives each row the length 1: the distances between them then are those of cosine. */
export function normaliseRows(rows: Float32Array, dim: number): void {
  for (let at = 0; at < rows.length; at += dim) {
    const length = Math.sqrt(dot(rows, at, rows, at, dim));
    if (length > 0) for (let i = at; i < at + dim; i++) rows[i] = (rows[i] ?? 0) / length;
  }
}

function meanOf(rows: Float32Array, dim: number): Float32Array {
  const sums = new Float64Array(dim);
  for (let at = 0; at < rows.length; at++) sums[at % dim] = (sums[at % dim] ?? 0) + (rows[at] ?? 0);
  const count = Math.max(1, rows.length / dim);
  return Float32Array.from(sums, (sum) => sum / count);
}

/** Each direction times XᵀX. */
function multiplyCovariance(rows: Float32Array, dim: number, axes: Float32Array, width: number): Float32Array {
  const product = new Float32Array(width * dim);
  for (let row = 0; row < rows.length; row += dim) {
    for (let axis = 0; axis < width; axis++) {
      const weight = dot(axes, axis * dim, rows, row, dim);
      for (let i = 0, to = axis * dim; i < dim; i++, to++) product[to] = (product[to] ?? 0) + weight * (rows[row + i] ?? 0);
    }
  }
  return product;
}

/** Gram–Schmidt, twice, as rounding asks for. A direction without anything of its own becomes zero. */
function orthonormalise(axes: Float32Array, dim: number, width: number): void {
  for (let axis = 0; axis < width; axis++) {
    const at = axis * dim;
    const before = Math.sqrt(dot(axes, at, axes, at, dim));
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < at; other += dim) {
        const shared = dot(axes, at, axes, other, dim);
        for (let i = 0; i < dim; i++) axes[at + i] = (axes[at + i] ?? 0) - shared * (axes[other + i] ?? 0);
      }
    }
    const length = Math.sqrt(dot(axes, at, axes, at, dim));
    const scale = length > before * 1e-6 ? 1 / length : 0;
    for (let i = at; i < at + dim; i++) axes[i] = (axes[i] ?? 0) * scale;
  }
}

/** Turns directions within the space that they span so that each has all of its variance: by Jacobi rotations of the small covariance. */
function rotateToVariance(rows: Float32Array, dim: number, axes: Float32Array, width: number): Float32Array {
  const small = new Float64Array(width * width);
  const along = new Float64Array(width);
  for (let row = 0; row < rows.length; row += dim) {
    for (let a = 0; a < width; a++) along[a] = dot(axes, a * dim, rows, row, dim);
    for (let a = 0; a < width; a++) {
      for (let b = 0; b < width; b++) small[a * width + b] = (small[a * width + b] ?? 0) + (along[a] ?? 0) * (along[b] ?? 0);
    }
  }
  const vectors = eigenvectors(small, width);
  const order = Array.from({ length: width }, (_, i) => i).sort((a, b) => (small[b * width + b] ?? 0) - (small[a * width + a] ?? 0));
  const rotated = new Float32Array(width * dim);
  order.forEach((from, to) => {
    for (let a = 0; a < width; a++) {
      const weight = vectors[a * width + from] ?? 0;
      for (let i = 0; i < dim; i++) rotated[to * dim + i] = (rotated[to * dim + i] ?? 0) + weight * (axes[a * dim + i] ?? 0);
    }
  });
  return rotated;
}

const SWEEPS = 20;

/** Eigenvectors (columns) of a small symmetric matrix, whose diagonal becomes the eigenvalues. */
function eigenvectors(matrix: Float64Array, width: number): Float64Array {
  const vectors = new Float64Array(width * width);
  for (let i = 0; i < width; i++) vectors[i * width + i] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotations = 0;
    for (let p = 0; p < width; p++) {
      for (let q = p + 1; q < width; q++) rotations += rotate(matrix, vectors, width, p, q) ? 1 : 0;
    }
    if (rotations === 0) break;
  }
  return vectors;
}

/** Makes one entry off the diagonal zero. */
function rotate(matrix: Float64Array, vectors: Float64Array, width: number, p: number, q: number): boolean {
  const at = (row: number, column: number): number => matrix[row * width + column] ?? 0;
  const off = at(p, q);
  if (Math.abs(off) <= 1e-12 * Math.sqrt(Math.abs(at(p, p) * at(q, q)))) return false;
  const theta = (at(q, q) - at(p, p)) / (2 * off);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  const turn = (values: Float64Array, one: number, two: number): void => {
    const [x, y] = [values[one] ?? 0, values[two] ?? 0];
    values[one] = cosine * x - sine * y;
    values[two] = sine * x + cosine * y;
  };
  for (let i = 0; i < width; i++) turn(matrix, i * width + p, i * width + q);
  for (let i = 0; i < width; i++) turn(matrix, p * width + i, q * width + i);
  for (let i = 0; i < width; i++) turn(vectors, i * width + p, i * width + q);
  return true;
}

function dot(a: Float32Array, fromA: number, b: Float32Array, fromB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[fromA + i] ?? 0) * (b[fromB + i] ?? 0);
  return sum;
}
