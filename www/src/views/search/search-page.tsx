import { ChromaNotFoundError, type Collection } from "chromatid";
import { SearchX } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { RecordDialog } from "../../components/record-dialog";
import { readGloss, WORDNET } from "../../data/wordnet";
import type { Route } from "../../lib/hash-route";
import { toggled } from "../../search/facets";
import type { Hit } from "../../search/hit";
import { hasWordIndex } from "../../search/plan";
import { isEmpty, type Outcome, type Search } from "../../search/search";
import { useSearch } from "../../search/use-search";
import { useConsoleStore } from "../../store/use-store";
import { FacetPanel } from "./facet-panel";
import { LikeBanner } from "./like-banner";
import { ResultList } from "./result-list";
import { ResultSummary } from "./result-summary";
import { SearchBox } from "./search-box";
import { Suggestions } from "./suggestions";
import { UpgradeBanner } from "./upgrade-banner";
import { useSearchRoute } from "./use-search-route";

/** Box, filters and results. */
export function SearchPage({ collection, route }: { collection: Collection; route: Route }) {
  const [chosen, change] = useSearchRoute(route, collection.name);
  // Without a model there are only words.
  const search: Search = collection.embeddingFunction ? chosen : { ...chosen, mode: "words" };
  const { outcome, error, pending } = useSearch(collection, search);
  const [opened, setOpened] = useState<{ id: string; title: string }>();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);

  const store = useConsoleStore();
  useEffect(() => {
    // Another tab has deleted the collection, or put another one in its place.
    if (error instanceof ChromaNotFoundError) store.lookAgain().catch(() => undefined);
  }, [error, store]);

  const moreLike = (hit: Hit) => {
    change({ like: hit.id, selection: {} });
    scrollTo({ top: 0 });
  };
  const leaveLike = () => {
    change({ like: undefined });
    focusInput();
  };
  const focusInput = () => input.current?.focus();
  const focusResults = () => list.current?.querySelector<HTMLElement>("[role=row]")?.focus();
  useSlashKey(() => {
    focusInput();
    // What stands there is replaced by typing, kept by an arrow key.
    input.current?.select();
  });

  const isOfGlosses = collection.name === WORDNET;
  const noun = isOfGlosses ? "glosses" : collection.name;
  const landing = isEmpty(search);
  return (
    <div className="search">
      {!landing && <h1 className="visually-hidden">Search</h1>}
      <section className="search-head" role="search" aria-label={isOfGlosses ? "Glosses" : collection.name}>
        <SearchBox
          inputRef={input}
          noun={noun}
          placeholder={isOfGlosses ? "Describe a word, or type one" : "Describe what you look for, or type its words"}
          hasMeaning={collection.embeddingFunction !== undefined}
          text={search.text}
          mode={search.mode}
          onText={(text) => change({ text, like: undefined })}
          onMode={(mode) => change({ mode, like: undefined })}
          onArrowDown={focusResults}
        />
        {search.like !== undefined && <LikeBanner collection={collection} id={search.like} onClear={leaveLike} />}
      </section>
      {isOfGlosses && !hasWordIndex(collection) && <UpgradeBanner />}
      {isOfGlosses && landing && <Suggestions onChoose={(text, mode) => change({ text, mode })} />}
      {error !== undefined && <ErrorNotice error={error} />}
      {!landing && outcome && (
        <div className={isOfGlosses ? "search-body" : "search-body single"} aria-busy={pending}>
          {isOfGlosses && (
            <FacetPanel
            facets={outcome.facets}
            caption={outcome.countsMatches ? "Counted among the glosses with these words." : "Counted among all glosses: by meaning each has a place."}
            selection={search.selection}
            onToggle={(key, value) => change({ selection: toggled(search.selection, key, value) })}
            onClear={() => change({ selection: {} })}
          />
          )}
          <section className="results" aria-label="Results">
            <ResultSummary outcome={outcome} note={noteOn(outcome, hasWordIndex(collection), isOfGlosses)} />
            {outcome.hits.length === 0 ? (
              <EmptyState Icon={SearchX} title="Nothing found">
                <p>{adviceFor(outcome.search)}</p>
              </EmptyState>
            ) : (
              <ResultList
                key={outcome.search.like}
                listRef={list}
                outcome={outcome}
                onOpen={(hit) => setOpened({ id: hit.id, title: readGloss(hit.id, hit.document, hit.metadata).title })}
                onMoreLike={moreLike}
                onLeave={focusInput}
              />
            )}
          </section>
        </div>
      )}
      <RecordDialog collection={collection} record={opened} onClose={() => setOpened(undefined)} />
    </div>
  );
}

/** Says why what was found has the letters, not the words. */
function noteOn({ basis, hits }: Outcome, hasIndex: boolean, isOfGlosses: boolean): string | undefined {
  if (basis !== "letters" || hits.length === 0) return undefined;
  const [one, all] = isOfGlosses ? ["gloss", "glosses"] : ["record", "records"];
  return hasIndex ? `with these letters, as no ${one} has such a word` : `by letters, as these ${all} have no index of words`;
}

function adviceFor({ mode, selection }: Search): string {
  if (Object.keys(selection).length > 0) return "Take a filter away.";
  return mode === "words" ? "Nothing holds these words. Try to search by meaning." : "Try other words.";
}

/** "/" goes to the search box, unless something is being typed or a dialog is open. */
function useSlashKey(act: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target instanceof Element ? event.target : undefined;
      if (target?.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=dialog], [role=alertdialog]")) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}
