import type { Collection } from "chromatid";
import { useRef, useState, type FormEvent } from "react";
import { Button } from "react-aria-components";
import { ErrorNotice } from "../../components/problem-notice";
import { plural } from "../../lib/format";
import { findHits } from "../../map/hits";
import { RecordList } from "./record-list";

interface HitsPanelProps {
  collection: Collection;
  hits: readonly string[];
  /** The records that are on the map */
  shown: ReadonlyMap<string, number>;
  onHits: (ids: readonly string[]) => void;
  onOpen: (id: string) => void;
}

/** Searches the collection; what is found has rings on the map. */
export function HitsPanel({ collection, hits, shown, onHits, onOpen }: HitsPanelProps) {
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const [error, setError] = useState<unknown>();
  const searches = useRef(0);
  const search = async (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    const number = ++searches.current;
    try {
      const found = text.trim() === "" ? [] : await findHits(collection, text);
      // A later search has been answered first.
      if (number !== searches.current) return;
      onHits(found);
      setAsked(text.trim());
    } catch (failure) {
      if (number === searches.current) setError(failure);
    }
  };
  const onMap = hits.filter((id) => shown.has(id)).length;
  return (
    <section className="panel map-panel" aria-labelledby="map-search">
      <h2 id="map-search">Search</h2>
      <form className="map-search" role="search" onSubmit={(event) => void search(event)}>
        <input className="input" type="search" aria-label="Search on the map" placeholder="What to look for" value={text} onChange={(event) => setText(event.target.value)} />
        <Button className="button" type="submit">
          Find
        </Button>
      </form>
      {error !== undefined && <ErrorNotice error={error} />}
      <p role="status" className="dim" data-testid="map-hits">
        {asked !== "" && (hits.length === 0 ? "Nothing found" : `${plural(hits.length, "hit")}, ${onMap === hits.length ? "all" : String(onMap)} ringed on the map`)}
      </p>
      {hits.length > 0 && <RecordList collection={collection} label="Hits" ids={hits} onOpen={onOpen} />}
    </section>
  );
}
