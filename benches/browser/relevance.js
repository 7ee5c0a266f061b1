// How good a ranking is. For pages and for Node.

/**
 * nDCG of a ranking for a question with one right answer: 1 when it comes first, less the later it comes, 0 when it does not come.
 * @param {readonly unknown[]} ranking best first
 * @param {unknown} answer
 */
export function ndcg(ranking, answer) {
  const place = ranking.indexOf(answer);
  return place === -1 ? 0 : 1 / Math.log2(place + 2);
}

/**
 * The share of the wanted ones that a ranking has; 1 where nothing is wanted.
 * @param {readonly unknown[]} ranking
 * @param {readonly unknown[]} wanted
 */
export function overlap(ranking, wanted) {
  const found = new Set(ranking);
  return wanted.length === 0 ? 1 : wanted.filter((each) => found.has(each)).length / wanted.length;
}
