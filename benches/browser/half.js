// IEEE half floats, which the vector files hold. For pages and for Node.

/** The value of each of the 65,536 half floats; not-a-number and infinities do not occur in the files. */
const VALUES = Float32Array.from({ length: 0x8000 }, (_, bits) => {
  const exponent = bits >> 10;
  const fraction = bits & 1023;
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/**
 * Widens half floats.
 * @param {Uint16Array} halves
 * @param {Float32Array} [out] as long as `halves`
 */
export function toFloats(halves, out = new Float32Array(halves.length)) {
  for (let i = 0; i < halves.length; i += 1) {
    const bits = /** @type {number} */ (halves[i]);
    const value = /** @type {number} */ (VALUES[bits & 0x7fff]);
    out[i] = bits & 0x8000 ? -value : value;
  }
  return out;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/**
 * The nearest half float, ties to even.
 * @param {number} value between −65504 and 65504
 */
export function toHalf(value) {
  float[0] = value;
  const bits = /** @type {number} */ (word[0]);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(/** @type {number} */ (float[0]));
  if (magnitude < 2 ** -14) {
    return sign | roundToEven(magnitude * 2 ** 24);
  }
  const exponent = ((bits >>> 23) & 255) - 127;
  // A fraction that rounds up to 1024 carries into the exponent, which is what it should do.
  return sign | (((exponent + 15) << 10) + roundToEven((magnitude / 2 ** exponent - 1) * 1024));
}

/** @param {number} value */
function roundToEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
