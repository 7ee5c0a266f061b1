/** A layout in which neighbours stay neighbours: UMAP of some records, the others beside those that they are nearest to. */

import { UMAP } from "umap-js";
import { seededRandom } from "./random";

/** Records that UMAP itself arranges; measured, 5,000 of 32 coordinates take 10 s of a processor, 2,500 half of that; in a page on a busy machine 19 s. */
export const ARRANGED = 5000;

const NEIGHBOURS = 15;
const EPOCHS = 200;
const SEED = 4;

/** Of those that are arranged, how many a further record is placed between. */
const PLACED_BETWEEN = 5;

/** Nearest rows of each row (itself first), as UMAP takes them. */
export interface Nearest {
  indices: number[][];
  distances: number[][];
}

/** A place in the plane for each row of coordinates. `onProgress` is told the share that is done. */
export function arrange(rows: Float32Array, width: number, onProgress: (share: number) => void): Float32Array {
  const count = rows.length / width;
  const chosen = spread(count, ARRANGED);
  const landmarks = gather(rows, width, chosen);
  const flat = new Float32Array(chosen.length * 2);
  if (chosen.length <= NEIGHBOURS) {
    // Too few to have neighbourhoods: their first two coordinates say all.
    chosen.forEach((_, i) => flat.set([landmarks[i * width] ?? 0, width > 1 ? (landmarks[i * width + 1] ?? 0) : 0], 2 * i));
  } else {
    umap(landmarks, width, (share) => onProgress(share * 0.9)).forEach(([x = 0, y = 0], i) => flat.set([x, y], 2 * i));
  }
  if (chosen.length === count) return flat;
  return placeBetween(rows, width, landmarks, flat, (share) => onProgress(0.9 + share * 0.1));
}

function umap(rows: Float32Array, width: number, onProgress: (share: number) => void): number[][] {
  const { indices, distances } = nearest(rows, width, NEIGHBOURS, (share) => onProgress(share * 0.3));
  const fit = new UMAP({ nNeighbors: NEIGHBOURS, nEpochs: EPOCHS, random: seededRandom(SEED) });
  fit.setPrecomputedKNN(indices, distances);
  const epochs = fit.initializeFit(Array.from(indices, (_, i) => Array.from(rows.subarray(i * width, (i + 1) * width))));
  for (let epoch = 0; epoch < epochs; epoch++) {
    fit.step();
    if (epoch % 10 === 0) onProgress(0.4 + (0.6 * epoch) / epochs);
  }
  return fit.getEmbedding();
}

/** The nearest rows of each, by comparing all. */
export function nearest(rows: Float32Array, width: number, k: number, onProgress: (share: number) => void = () => undefined): Nearest {
  const count = rows.length / width;
  const result: Nearest = { indices: [], distances: [] };
  for (let row = 0; row < count; row++) {
    const { places, squares } = nearestOf(rows, row * width, rows, width, k);
    result.indices.push(places);
    result.distances.push(squares.map(Math.sqrt));
    if (row % 500 === 0) onProgress(row / count);
  }
  return result;
}

/** The rows of a table that are nearest to a vector, nearest first. */
function nearestOf(from: Float32Array, at: number, table: Float32Array, width: number, k: number): { places: number[]; squares: number[] } {
  const places: number[] = [];
  const squares: number[] = [];
  let worst = Infinity;
  for (let start = 0, place = 0; start < table.length; start += width, place++) {
    let square = 0;
    // Four at a time: most rows are too far after some of them.
    for (let i = 0; i < width && square < worst; i += 4) {
      for (let j = i; j < i + 4 && j < width; j++) {
        const difference = (from[at + j] as number) - (table[start + j] as number);
        square += difference * difference;
      }
    }
    if (square >= worst) continue;
    let to = Math.min(places.length, k - 1);
    for (; to > 0 && (squares[to - 1] as number) > square; to--) {
      squares[to] = squares[to - 1] as number;
      places[to] = places[to - 1] as number;
    }
    squares[to] = square;
    places[to] = place;
    if (places.length === k) worst = squares[k - 1] as number;
  }
  return { places, squares };
}

/** Rows between the places of the landmarks nearest to them, the nearer the more. */
function placeBetween(rows: Float32Array, width: number, landmarks: Float32Array, flat: Float32Array, onProgress: (share: number) => void): Float32Array {
  const count = rows.length / width;
  const placed = new Float32Array(count * 2);
  for (let row = 0; row < count; row++) {
    const { places, squares } = nearestOf(rows, row * width, landmarks, width, PLACED_BETWEEN);
    let [x, y, total] = [0, 0, 0];
    places.forEach((place, i) => {
      const weight = 1 / ((squares[i] ?? 0) + 1e-9);
      x += weight * (flat[2 * place] ?? 0);
      y += weight * (flat[2 * place + 1] ?? 0);
      total += weight;
    });
    placed.set([x / total, y / total], 2 * row);
    if (row % 1000 === 0) onProgress(row / count);
  }
  return placed;
}

/** At most so many numbers below `count`, evenly apart. */
function spread(count: number, most: number): number[] {
  const wanted = Math.min(count, most);
  return Array.from({ length: wanted }, (_, i) => Math.floor((i * count) / wanted));
}

function gather(rows: Float32Array, width: number, chosen: readonly number[]): Float32Array {
  const gathered = new Float32Array(chosen.length * width);
  chosen.forEach((row, to) => gathered.set(rows.subarray(row * width, (row + 1) * width), to * width));
  return gathered;
}
