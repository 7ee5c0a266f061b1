import type { Collection } from "chromatid";
import { Play } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { Button, Radio, RadioGroup } from "react-aria-components";
import { filterKeys, sparseKey } from "../../data/schema-keys";
import { chooseRecords, chosenRecords } from "../../query/chosen-records";
import { compile, type Target } from "../../query/compile";
import { emptyDraft, type Draft } from "../../query/draft";
import { readPayload } from "../../query/payload";
import { Builder } from "./builder";
import { JsonEditor } from "./json-editor";
import { PayloadPanel } from "./payload-panel";
import { QueryResults } from "./query-results";
import { useQueryResult } from "./use-query-result";

/** Rows of a table that a page still scrolls well. */
const MOST_CHOSEN = 300;

/** Builder or JSON on one side, what is sent on the other, the results below. */
export function QueryPage({ collection }: { collection: Collection }) {
  const target = useMemo(() => targetOf(collection), [collection]);
  const [draft, setDraft] = useState(() => firstDraft(collection, target));
  // What was written by hand; while there is none, the builder says what is asked.
  const [written, setWritten] = useState<string>();
  const [isLive, setLive] = useState(false);
  const built = useMemo(() => compile(draft, target), [draft, target]);
  const read = useMemo(() => (written === undefined ? undefined : readPayload(written)), [written]);
  const search = read ? read.search : built.search;
  const isReady = search !== undefined && (read !== undefined || built.problems.size === 0);
  const result = useQueryResult(collection, isReady ? search : undefined, isLive);
  const run = useCallback(() => isReady && result.run(), [isReady, result]);
  useRunKey(run);

  const change = (part: Partial<Draft>) => {
    if (part.among) chooseRecords(collection.id, part.among);
    setDraft((before) => ({ ...before, ...part }));
  };
  return (
    <div className="query">
      <section className="panel query-form" aria-label="Search">
        <div className="query-bar">
          <RadioGroup
            className="segments"
            aria-label="Edit by"
            orientation="horizontal"
            value={written === undefined ? "builder" : "json"}
            onChange={(value) => setWritten(value === "json" ? JSON.stringify(built.search.toPayload(), null, 2) : undefined)}
          >
            <Radio className="segment" value="builder">
              Builder
            </Radio>
            <Radio className="segment" value="json">
              JSON
            </Radio>
          </RadioGroup>
          <label className="check query-live">
            <input type="checkbox" checked={isLive} onChange={(event) => setLive(event.target.checked)} />
            <span>Live</span>
          </label>
          <Button className="button primary" onPress={run} isDisabled={!isReady} aria-keyshortcuts="Control+Enter Meta+Enter">
            <Play aria-hidden size={15} />
            Run
            <kbd aria-hidden>Ctrl ⏎</kbd>
          </Button>
        </div>
        {written === undefined ? (
          <Builder draft={draft} target={target} problems={built.problems} onChange={change} />
        ) : (
          <JsonEditor text={written} error={read?.error} onChange={setWritten} />
        )}
      </section>
      <PayloadPanel collection={collection.name} payload={search?.toPayload()} />
      <QueryResults collection={collection} search={result.search} state={result} isLive={isLive} />
    </div>
  );
}

function targetOf({ schema, embeddingFunction }: Collection): Target {
  return { keys: filterKeys(schema), words: sparseKey(schema), embeds: embeddingFunction !== undefined };
}

/** Records that were chosen elsewhere are all asked for, in no order. */
function firstDraft({ id }: Collection, target: Target): Draft {
  const among = chosenRecords(id);
  if (among.length === 0) return emptyDraft(firstRanking(target));
  return { ...emptyDraft("none"), among, limit: String(Math.min(among.length, MOST_CHOSEN)) };
}

/** Nothing is ranked by at first: a search without a text runs at once. */
function firstRanking({ words, embeds }: Target): Draft["ranking"] {
  return words && embeds ? "both" : embeds ? "meaning" : "none";
}

/** Ctrl or Cmd with Enter runs the search from wherever the focus is. */
function useRunKey(run: () => unknown): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      if (event.target instanceof Element && event.target.closest("[role=dialog]")) return;
      event.preventDefault();
      event.stopPropagation();
      run();
    };
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, [run]);
}
