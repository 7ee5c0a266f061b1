import { RESULT_LIMIT, type Hit } from "./hit";

/** Damps the lead of the first ranks; 60 is the value of the paper and of Chroma's `Rrf`. */
const K = 60;

/**
 * Reciprocal rank fusion: each list gives a record 1 / (K + rank), and the sum decides. A record keeps what both lists
 * know about it. Ties go to the list named first.
 */
export function fuse(...lists: readonly (readonly Hit[])[]): Hit[] {
  const fused = new Map<string, { hit: Hit; score: number }>();
  for (const list of lists) {
    list.forEach((hit, index) => {
      const before = fused.get(hit.id);
      const score = (before?.score ?? 0) + 1 / (K + index + 1);
      fused.set(hit.id, { hit: { ...before?.hit, ...hit }, score });
    });
  }
  return [...fused.values()]
    .sort((a, b) => b.score - a.score)
    .slice(0, RESULT_LIMIT)
    .map(({ hit }) => hit);
}
