import { BEST_FUSED_SCORE, type Basis } from "../../search/plan";

interface ScoreBarProps {
  score: number;
  /** The score of the first result */
  best: number;
  basis: Basis;
}

/** What the engine ranked by, as number and as bar: the fuller, the better. */
export function ScoreBar({ score, best, basis }: ScoreBarProps) {
  const { name, value, share, title } = readScore(score, best, basis);
  return (
    <span className="score">
      <span className="score-track" aria-hidden>
        <span className="score-fill" data-basis={basis} style={{ transform: `scaleX(${Math.min(1, Math.max(0, share))})` }} />
      </span>
      <span className="visually-hidden">{name} </span>
      <span className="score-value" title={title}>
        {value}
      </span>
    </span>
  );
}

function readScore(score: number, best: number, basis: Basis) {
  switch (basis) {
    case "words": {
      // A sparse index answers one minus the product, as the distance ip does.
      const weight = 1 - score;
      return { name: "BM25", value: weight.toFixed(2), share: weight / (1 - best), title: "BM25: the weight of the words that it shares with the text" };
    }
    case "both":
      return {
        name: "Fused score",
        value: (-score).toFixed(3),
        share: -score / BEST_FUSED_SCORE,
        title: "Reciprocal rank fusion of words and meaning: 0.033 is first in both",
      };
    default:
      return {
        name: "Distance",
        value: score.toFixed(3),
        share: 1 - score,
        title: "Cosine distance: 0 is the same direction, 1 is unrelated",
      };
  }
}
