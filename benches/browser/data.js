// The vectors of the benchmark, made or read in the page. Served as it is; no build step.

/** Components of every vector. */
export const DIMENSION = 384;

/** Standard normal numbers from a seed: xorshift and Box-Muller, so that every run has the same data. */
function gaussians(seed) {
  let state = seed;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function normalise(vector) {
  let norm = 0;
  for (const component of vector) {
    norm += component * component;
  }
  norm = Math.sqrt(norm);
  for (let i = 0; i < vector.length; i += 1) {
    vector[i] /= norm;
  }
  return vector;
}

/** A mixture of 200 gaussians on the unit sphere: rows on demand, the same for the same seed. */
export function mixture(seed) {
  const next = gaussians(seed);
  const centers = Array.from({ length: 200 }, () => normalise(Float32Array.from({ length: DIMENSION }, next)));
  let row = 0;
  return () => {
    const center = centers[row++ % centers.length];
    return normalise(Float32Array.from(center, (component) => component + 0.05 * next()));
  };
}

/** Reads little-endian half floats, row-major, as rows of 32-bit floats. */
export async function halfFloatRows(url) {
  const bytes = new DataView(await (await fetch(url)).arrayBuffer());
  const rows = [];
  for (let at = 0; at < bytes.byteLength; at += 2 * DIMENSION) {
    rows.push(Float32Array.from({ length: DIMENSION }, (_, i) => half(bytes.getUint16(at + 2 * i, true))));
  }
  return rows;
}

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
