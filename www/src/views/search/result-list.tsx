import { useState, type KeyboardEvent, type RefObject } from "react";
import { Button, GridList, GridListItem } from "react-aria-components";
import { readGloss } from "../../data/wordnet";
import { freshMark, useFresh } from "../../lib/use-fresh";
import type { Hit } from "../../search/hit";
import type { Outcome } from "../../search/search";
import { ResultCard } from "./result-card";

/** Cards drawn at first: few, so that typing stays smooth. */
const FIRST = 12;

/** Cards that "Show more" adds. */
const MORE = 24;

interface ResultListProps {
  listRef: RefObject<HTMLDivElement | null>;
  outcome: Outcome;
  onOpen: (hit: Hit) => void;
  onMoreLike: (hit: Hit) => void;
  /** Arrow up from the first card, or Escape: back to the search box */
  onLeave: () => void;
}

/** The results as a list of cards: arrows move, Enter opens, "m" looks for more of the kind. */
export function ResultList({ listRef, outcome, onOpen, onMoreLike, onLeave }: ResultListProps) {
  const { hits, search } = outcome;
  const [extent, setExtent] = useState({ search, count: FIRST });
  // Another search starts with few cards again.
  const shownCount = extent.search === search ? extent.count : FIRST;
  const shown = hits.slice(0, shownCount);
  const fresh = useFresh(hits, search);

  const hitAt = (target: EventTarget) => {
    const key = target instanceof Element ? target.closest("[role=row]")?.getAttribute("data-key") : undefined;
    return shown.find(({ id }) => id === key);
  };
  const onKeyDownCapture = (event: KeyboardEvent) => {
    const hit = hitAt(event.target);
    if (!hit || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "m") onMoreLike(hit);
    if (event.key !== "Escape" && !(event.key === "ArrowUp" && hit === shown[0])) return;
    event.preventDefault();
    event.stopPropagation();
    onLeave();
  };

  return (
    <div onKeyDownCapture={onKeyDownCapture}>
      <GridList
        ref={listRef}
        className="cards"
        aria-label="Results"
        // eslint-disable-next-line jsx-a11y/no-autofocus -- "more like this" was asked from a card that is gone now
        autoFocus={search.like !== undefined && "first"}
        disallowTypeAhead
        keyboardNavigationBehavior="tab"
        onAction={(key) => {
          const hit = shown.find(({ id }) => id === key);
          if (hit) onOpen(hit);
        }}
      >
        {shown.map((hit) => (
          <GridListItem key={hit.id} id={hit.id} textValue={readGloss(hit.id, hit.document, hit.metadata).title} className="card" data-fresh={freshMark(fresh.get(hit.id))}>
            <ResultCard hit={hit} outcome={outcome} onMoreLike={() => onMoreLike(hit)} />
          </GridListItem>
        ))}
      </GridList>
      {shownCount < hits.length && (
        <Button className="button more" onPress={() => setExtent({ search, count: shownCount + MORE })}>
          Show more
        </Button>
      )}
    </div>
  );
}
