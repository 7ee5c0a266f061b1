import { Sparkles } from "lucide-react";
import { Button } from "react-aria-components";
import { domainLabel, readGloss } from "../../data/wordnet";
import { plural } from "../../lib/format";
import type { Hit } from "../../search/hit";
import type { Outcome } from "../../search/search";
import { Highlight } from "./highlight";
import { ScoreBar } from "./score-bar";

interface ResultCardProps {
  hit: Hit;
  outcome: Outcome;
  onMoreLike: () => void;
}

/** One gloss. */
export function ResultCard({ hit, outcome, onMoreLike }: ResultCardProps) {
  const { title, definition, partOfSpeech, domain, count } = readGloss(hit.id, hit.document, hit.metadata);
  const origin = originOf(hit.metadata);
  const { basis, hits, queryWords } = outcome;
  const marking = { marks: hit.marks, whole: basis !== "letters" };
  return (
    <>
      <div className="card-head">
        <span className="card-title">
          <Highlight text={title} {...marking} />
        </span>
        {partOfSpeech && (
          <span className="chip" data-pos={partOfSpeech.split(" ")[0]}>
            {partOfSpeech}
          </span>
        )}
        {origin && <span className="chip plain">{origin}</span>}
        {domain && <span className="chip plain">{domainLabel(domain)}</span>}
      </div>
      <p className="card-text">
        <Highlight text={definition} {...marking} />
      </p>
      <div className="card-foot">
        {hit.score !== undefined && <ScoreBar score={hit.score} best={hits[0]?.score ?? hit.score} basis={basis} />}
        {hit.matchedWords !== undefined && queryWords > 0 && (
          <span className="dim">{hit.matchedWords === 0 ? "by meaning alone" : `${hit.matchedWords} of ${plural(queryWords, "word")}`}</span>
        )}
        {count > 0 && <span className="dim uses">used {plural(count, "time")}</span>}
        <Button className="link-button like" aria-label={`More like ${title}`} onPress={onMoreLike}>
          <Sparkles aria-hidden size={14} />
          More like this
        </Button>
      </div>
    </>
  );
}

/** Where an imported text is from: its heading or page. */
function originOf(metadata: Hit["metadata"]): string | undefined {
  if (typeof metadata?.heading === "string") return metadata.heading;
  return typeof metadata?.page === "number" ? `page ${metadata.page}` : undefined;
}
