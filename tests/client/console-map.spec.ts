/** The console's map: what is computed for it, against what it is by definition. */

import { expect, test } from "@playwright/test";
import { open } from "chromatid";
import { decode, encode } from "../../www/src/map/cache";
import { fitted, nextPoint, panned, pointAt, pointsIn, toScreen, zoomed } from "../../www/src/map/camera";
import { byCategory, CATEGORIES, colourBy, firstKey, onRamp, OTHER, RAMP, RAMP_STEPS } from "../../www/src/map/colours";
import { arrange, nearest } from "../../www/src/map/neighbours";
import { fitBasis, normaliseRows, projectRows } from "../../www/src/map/pca";
import { samplePages } from "../../www/src/map/projection";
import { FITTED, Projector } from "../../www/src/map/projector";
import { seededRandom } from "../../www/src/map/random";
import { rasterise } from "../../www/src/map/raster";

/** Rows with less variance in each further direction, which are mixed, around a mean that is not zero. */
function sample(count: number, dim: number, seed = 1): Float32Array {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const mixing = Array.from({ length: dim * dim }, normal);
  const rows = new Float32Array(count * dim);
  for (let row = 0; row < count; row++) {
    const source = Array.from({ length: dim }, (_, i) => normal() * 8 * 0.7 ** i);
    for (let i = 0; i < dim; i++) rows[row * dim + i] = 3 + source.reduce((sum, value, j) => sum + value * (mixing[i * dim + j] ?? 0), 0);
  }
  return rows;
}

const part = (values: Float32Array, width: number, at: number): number[] => [...values.subarray(at * width, (at + 1) * width)];
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Mean, and directions of the greatest variance one after the other, by power iteration on the whole covariance. */
function naive(rows: Float32Array, dim: number, wanted: number): { mean: number[]; axes: number[][]; variances: number[] } {
  const count = rows.length / dim;
  const table = Array.from({ length: count }, (_, row) => part(rows, dim, row));
  const mean = Array.from({ length: dim }, (_, i) => table.reduce((sum, row) => sum + (row[i] ?? 0), 0) / count);
  const centred = table.map((row) => row.map((value, i) => value - (mean[i] ?? 0)));
  const covariance = mean.map((_, a) => mean.map((__, b) => centred.reduce((sum, row) => sum + (row[a] ?? 0) * (row[b] ?? 0), 0) / count));
  const axes: number[][] = [];
  const variances: number[] = [];
  while (axes.length < wanted) {
    let axis = mean.map((_, i) => 1 / (i + 1));
    for (let round = 0; round < 5000; round++) {
      const next = covariance.map((row) => dot(row, axis));
      const length = Math.sqrt(dot(next, next));
      axis = next.map((value) => value / length);
    }
    const variance = dot(axis, covariance.map((row) => dot(row, axis)));
    covariance.forEach((row, a) => row.forEach((value, b) => (row[b] = value - variance * (axis[a] ?? 0) * (axis[b] ?? 0))));
    axes.push(axis);
    variances.push(variance);
  }
  return { mean, axes, variances };
}

test.describe("main axes", () => {
  test("are those of the covariance, and places along them those of the definition", () => {
    const [count, dim, wanted] = [300, 12, 4];
    const rows = sample(count, dim);
    const expected = naive(rows, dim, wanted);
    const basis = fitBasis(rows, dim, wanted);
    const projected = projectRows(basis, rows);
    expect(basis.components).toBe(wanted);
    expected.axes.forEach((axis, i) => {
      const sign = Math.sign(dot(part(basis.axes, dim, i), axis));
      expect(Math.abs(dot(part(basis.axes, dim, i), axis)), `axis ${String(i)}`).toBeCloseTo(1, 4);
      const along = Array.from({ length: count }, (_, row) => projected[row * wanted + i] ?? 0);
      const wantedAlong = Array.from({ length: count }, (_, row) => sign * dot(part(rows, dim, row).map((value, j) => value - (expected.mean[j] ?? 0)), axis));
      const scale = Math.sqrt(expected.variances[i] ?? 0);
      along.forEach((value, row) => expect(Math.abs(value - (wantedAlong[row] ?? 0)) / scale).toBeLessThan(0.02));
      expect(dot(along, along) / count / (expected.variances[i] ?? 0)).toBeCloseTo(1, 3);
    });
  });

  test("of copies, of few records and of few dimensions are numbers too", () => {
    const places = (rows: Float32Array, dim: number): number[] => [...projectRows(fitBasis(rows, dim, 32), rows)];
    expect(places(new Float32Array(20 * 6).fill(0.3), 6).every((value) => Math.abs(value) < 1e-6)).toBe(true);
    expect(places(sample(3, 50), 50).every(Number.isFinite)).toBe(true);
    expect(places(new Float32Array([1, 2, 4]), 1).map(Math.abs).sort()).toEqual([expect.closeTo(1 / 3, 5), expect.closeTo(4 / 3, 5), expect.closeTo(5 / 3, 5)]);
    expect(places(new Float32Array([5, 5]), 2).every((value) => value === 0)).toBe(true);
  });

  test("are made of the first records, and further ones take their places on them page by page", () => {
    const dim = 5;
    const rows = sample(FITTED + 700, dim);
    const projector = new Projector(dim, FITTED + 700, false);
    const pages = [500, 500, 500, 500, 700].map((length, i) => projector.take(rows.slice(i * 500 * dim, (i * 500 + length) * dim)));
    expect(pages.map(({ length }) => length)).toEqual([0, 0, 0, FITTED * 2, 1400]);
    const basis = fitBasis(rows.slice(0, FITTED * dim), dim, 32);
    const all = projectRows(basis, rows);
    expect([...(pages[4] ?? [])]).toEqual(Array.from({ length: 1400 }, (_, i) => all[(FITTED + (i >> 1)) * basis.components + (i % 2)]));
    expect(projector.flush()).toHaveLength(0);
  });

  test("are there too if fewer records come than were counted", () => {
    const projector = new Projector(4, 1000, true);
    expect(projector.take(sample(30, 4))).toHaveLength(0);
    expect(projector.flush()).toHaveLength(60);
    expect(projector.arrange(() => undefined)).toHaveLength(60);
  });

  test("of cosine are those of vectors of length 1", () => {
    const rows = new Float32Array([3, 4, 0, 0, -5, 0]);
    normaliseRows(rows, 2);
    expect([...rows].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([0.6, 0.8, 0, 0, -1, 0]);
  });
});

test.describe("neighbours", () => {
  test("are the nearest by definition", () => {
    const [count, dim, k] = [200, 7, 9];
    const rows = sample(count, dim, 3);
    const distance = (a: number, b: number): number => Math.hypot(...part(rows, dim, a).map((value, i) => value - (rows[b * dim + i] ?? 0)));
    const { indices, distances } = nearest(rows, dim, k);
    for (let row = 0; row < count; row++) {
      const expected = Array.from({ length: count }, (_, other) => other).sort((a, b) => distance(row, a) - distance(row, b));
      expect(indices[row]).toEqual(expected.slice(0, k));
      expect(distances[row]?.[k - 1]).toBeCloseTo(distance(row, expected[k - 1] ?? 0), 4);
    }
  });

  test("stay beside each other, and the same records make the same picture", () => {
    const [groups, each, dim] = [4, 40, 6];
    const random = seededRandom(9);
    const rows = Float32Array.from({ length: groups * each * dim }, (_, at) => {
      const group = Math.floor(at / dim) % groups;
      return (at % dim === group ? 10 : 0) + random();
    });
    const shares: number[] = [];
    const places = arrange(rows, dim, (share) => shares.push(share));
    expect(places).toHaveLength(groups * each * 2);
    const inPlane = nearest(places, 2, 5).indices;
    const strangers = inPlane.flatMap((near, row) => near.filter((other) => other % groups !== row % groups));
    expect(strangers).toEqual([]);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect([...arrange(rows, dim, () => undefined)]).toEqual([...places]);
  });
});

test.describe("pages of a sample", () => {
  test("leave nothing out of a collection that is shown whole, and nothing twice", () => {
    for (const total of [0, 1, 249, 250, 251, 4999, 5000, 19_999]) {
      const pages = samplePages(total, 20_000).sort((a, b) => a.offset - b.offset);
      let next = 0;
      for (const { offset, limit } of pages) {
        expect(offset).toBe(next);
        next += limit;
      }
      expect(next).toBe(total);
    }
  });

  test("are as many records as are wanted, apart from each other, and the first ones from all over the collection", () => {
    for (const total of [5001, 5249, 20_000, 1_000_003]) {
      const pages = samplePages(total, 5000);
      expect(pages.reduce((sum, { limit }) => sum + limit, 0)).toBe(5000);
      const ordered = [...pages].sort((a, b) => a.offset - b.offset);
      ordered.forEach(({ offset, limit }, i) => expect(offset + limit).toBeLessThanOrEqual(ordered[i + 1]?.offset ?? total));
      const early = pages.slice(0, 5).map(({ offset }) => offset / total);
      const gaps = [0, ...early, 1].sort((a, b) => a - b).map((at, i, all) => at - (all[i - 1] ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(0.4);
    }
  });
});

test.describe("the camera", () => {
  const size = { width: 640, height: 400 };
  const places = sample(200, 2, 7);
  const whole = fitted(places, size);

  test("shows all points at first", () => {
    expect(pointsIn(places, whole, size, { left: 0, top: 0, right: size.width, bottom: size.height })).toHaveLength(200);
    expect(fitted(new Float32Array([4, 4]), size)).toMatchObject({ x: 4, y: 4 });
    expect(fitted(new Float32Array(), size)).toEqual({ x: 0, y: 0, scale: 1 });
  });

  test("zooms about a point that stays where it is, and back to where it was", () => {
    const at: [number, number] = [123, 321];
    const point = pointAt(places, whole, size, at, Infinity) ?? 0;
    const before = toScreen(whole, size, places[2 * point] ?? 0, places[2 * point + 1] ?? 0);
    const closer = zoomed(whole, size, 7, before, whole);
    const after = toScreen(closer, size, places[2 * point] ?? 0, places[2 * point + 1] ?? 0);
    after.forEach((value, i) => expect(value).toBeCloseTo(before[i] ?? 0, 6));
    expect(closer.scale).toBeCloseTo(whole.scale * 7, 6);
    const back = zoomed(closer, size, 1 / 7, before, whole);
    for (const member of ["x", "y", "scale"] as const) expect(back[member]).toBeCloseTo(whole[member], 8);
    const moved = panned(panned(closer, 31, -12), -31, 12);
    for (const member of ["x", "y", "scale"] as const) expect(moved[member]).toBeCloseTo(closer[member], 8);
  });

  test("does not lose itself: neither too far nor too close", () => {
    expect(zoomed(whole, size, 1e9, [0, 0], whole).scale).toBeCloseTo(whole.scale * 400, 6);
    expect(zoomed(whole, size, 1e-9, [0, 0], whole).scale).toBeCloseTo(whole.scale / 2, 6);
  });

  test("finds the nearest point within reach, and the next one in a direction", () => {
    const square = new Float32Array([0, 0, 10, 0, 10, 10, 0, 10]);
    const camera = fitted(square, size);
    const at = toScreen(camera, size, 10, 10);
    expect(pointAt(square, camera, size, [at[0] + 5, at[1] - 5], 12)).toBe(2);
    expect(pointAt(square, camera, size, [at[0] + 5, at[1] - 15], 12)).toBeUndefined();
    expect([nextPoint(square, 0, "right"), nextPoint(square, 0, "down"), nextPoint(square, 2, "left"), nextPoint(square, 2, "up")]).toEqual([1, 3, 3, 1]);
    expect(nextPoint(square, 0, "left")).toBeUndefined();
  });
});

test.describe("colours", () => {
  test("go to the most frequent values; others share one, and none has its own", () => {
    const labels = Array.from({ length: CATEGORIES + 2 }, (_, i) => `v${String(i)}`);
    const values = [...labels.map((label) => [label]), [], ["v3", "v0"]];
    const { legend, colours } = byCategory("key", values, labels.slice(0, CATEGORIES));
    expect([...colours]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, OTHER, OTHER, 0, 1]);
    if (legend.kind !== "categories") throw new Error("no categories");
    expect(legend.categories.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
    expect(legend.categories.map(({ label, count }) => [label, count])).toEqual([["v0", 2], ...labels.slice(1, CATEGORIES).map((label) => [label, 1]), ["Other values", 2], ["No value", 1]]);
  });

  test("are ordered by what is on the map where nobody counts values", () => {
    const { colours } = byCategory("key", [["rare"], ["often"], ["often"]], []);
    expect([...colours]).toEqual([2, 1, 1]);
  });

  test("of numbers run from the least to the most by rank", () => {
    const { legend, colours } = onRamp("key", [[5], [1_000_000], [-2], [], [7n], [7]]);
    expect(legend).toEqual({ kind: "ramp", key: "key", least: -2, most: 1_000_000, missing: 1 });
    const step = (rank: number): number => RAMP + Math.round((rank / 3) * (RAMP_STEPS - 1));
    expect([...colours]).toEqual([step(1), step(3), step(0), 0, step(2), step(2)]);
    expect([...onRamp("key", [[4], [4]]).colours]).toEqual([RAMP, RAMP]);
  });

  test("are chosen and read from a collection: first the key with the fewest values above two", async () => {
    const client = await open({ name: "map-colours", storage: "memory" });
    try {
      const written = await client.createCollection({ name: "colours", embeddingFunction: null });
      const ids = Array.from({ length: 1200 }, (_, i) => `r${String(i)}`);
      const kinds = ["a", "b", "c", "c"];
      await written.add({
        ids,
        embeddings: ids.map((_, i) => [i, 1]),
        metadatas: ids.map((_, i) => ({ flag: i % 2 === 0, kind: kinds[i % 4] ?? "", number: i, ...(i < 3 ? {} : { wide: `w${String(i % 9)}` }) })),
      });
      // The keys are those of when it was got.
      const collection = await client.getCollection({ name: "colours" });
      expect(await firstKey(collection)).toBe("kind");
      const { signal } = new AbortController();
      const byKind = await colourBy(collection, [...ids].reverse(), "kind", signal);
      expect([...byKind.colours].reverse().slice(0, 4).map((colour) => colour === 1)).toEqual([false, false, true, true]);
      const byNumber = await colourBy(collection, ids, "number", signal);
      expect(byNumber.legend).toMatchObject({ kind: "ramp", least: 0, most: 1199, missing: 0 });
      await collection.delete({ where: { kind: { $in: ["a", "b"] } } });
      expect(await firstKey(collection)).toBe("flag");
    } finally {
      await client.close();
    }
  });
});

test("a picture that was kept is the same, and half of one is none", async () => {
  const picture = { ids: ["a", "ü", "c"], axes: new Float32Array([1, 2, 3, 4, 5, 6]), neighbours: new Float32Array([6, 5, 4, 3, 2, 1]), total: 9, stamp: "9/4" };
  const bytes = await encode(picture).arrayBuffer();
  expect(decode(bytes)).toEqual(picture);
  const { neighbours: _, ...half } = picture;
  expect(decode(await encode({ ...half, neighbours: undefined }).arrayBuffer())).toEqual({ ...half, neighbours: undefined });
  for (let length = 0; length < bytes.byteLength; length++) expect(decode(bytes.slice(0, length))).toBeUndefined();
});

test("points are drawn where they are, in their colours, those that stand out over the rest", () => {
  const [width, height] = [20, 10];
  const image = { data: new Uint8ClampedArray(width * height * 4), width, height };
  const pixel = (x: number, y: number): number[] => [...image.data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
  const camera = { x: 0, y: 0, scale: 1 };
  const points = { places: new Float32Array([-5, 0, 5, 0, 5, 0, 500, 0]), colours: new Uint8Array([1, 2, 1, 1]), palette: [[9, 9, 9], [200, 0, 0], [0, 200, 0]] as const };
  expect(rasterise(image, { ...points, prominent: undefined }, camera, { width, height }, 1, 1.5)).toBe(3);
  expect(pixel(5, 5)).toEqual([200, 0, 0, 204]);
  expect(pixel(10, 5)).toEqual([0, 0, 0, 0]);
  expect(pixel(15, 5)[0]).toBeGreaterThan(pixel(15, 5)[1] ?? 0);
  rasterise(image, { ...points, prominent: new Uint8Array([0, 1, 0, 0]) }, camera, { width, height }, 1, 1.5);
  expect(pixel(15, 5)[1]).toBeGreaterThan(pixel(15, 5)[0] ?? 0);
  expect(pixel(5, 5)[3]).toBeLessThan(60);
});
