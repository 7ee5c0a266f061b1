import { Sparkles } from "lucide-react";
import { Button } from "react-aria-components";
import { domainLabel, readGloss } from "../../data/wordnet";
import { plural } from "../../lib/format";
import type { Hit } from "../../search/hit";
import { DistanceBar } from "./distance-bar";
import { Highlight } from "./highlight";

interface ResultCardProps {
  hit: Hit;
  /** Words to mark */
  words: readonly string[];
  onMoreLike: () => void;
}

/** One gloss. */
export function ResultCard({ hit, words, onMoreLike }: ResultCardProps) {
  const { title, definition, partOfSpeech, domain, count } = readGloss(hit.id, hit.document, hit.metadata);
  return (
    <>
      <div className="card-head">
        <span className="card-title">
          <Highlight text={title} words={words} />
        </span>
        {partOfSpeech && (
          <span className="chip" data-pos={partOfSpeech.split(" ")[0]}>
            {partOfSpeech}
          </span>
        )}
        {domain && <span className="chip plain">{domainLabel(domain)}</span>}
      </div>
      <p className="card-text">
        <Highlight text={definition} words={words} />
      </p>
      <div className="card-foot">
        {hit.distance !== undefined && <DistanceBar distance={hit.distance} />}
        {hit.matchedWords !== undefined && words.length > 0 && (
          <span className="dim">
            {hit.matchedWords} of {plural(words.length, "word")}
          </span>
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
