/** Which mutants are tried, and what their score is. */

/** @typedef {{ caught: number, missed: number, unviable: number, score: number }} Score */

/**
 * So many of them, spread evenly over the list: one from each of as many equal parts, which one follows from the seed.
 * @template T
 * @param {readonly T[]} all
 * @param {number} count
 * @param {number} seed
 * @returns {T[]}
 */
export function chosen(all, count, seed) {
  if (count >= all.length) {
    return [...all];
  }
  const part = all.length / count;
  let state = seed;
  return Array.from({ length: count }, (_, i) => {
    // Numerical Recipes' generator; its upper bits are the good ones.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const from = Math.floor(i * part);
    const to = Math.floor((i + 1) * part);
    return /** @type {T} */ (all[from + Math.floor(((state >>> 8) / 2 ** 24) * (to - from))]);
  });
}

/**
 * The share that was noticed: by a test that fails, or one that does not end. What does not compile is no mutant.
 * @param {readonly string[]} outcomes as cargo-mutants calls them
 * @returns {Score}
 */
export function scoreOf(outcomes) {
  const count = (/** @type {string[]} */ ...names) => outcomes.filter((outcome) => names.includes(outcome)).length;
  const caught = count("CaughtMutant", "Timeout");
  const missed = count("MissedMutant");
  return { caught, missed, unviable: count("Unviable"), score: caught + missed === 0 ? 0 : caught / (caught + missed) };
}
