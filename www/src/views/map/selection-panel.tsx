import type { Collection } from "chromatid";
import { Button } from "react-aria-components";
import { plural } from "../../lib/format";
import { RecordList } from "./record-list";

interface SelectionPanelProps {
  collection: Collection;
  ids: readonly string[];
  onOpen: (id: string) => void;
  onFilter: () => void;
  onClear: () => void;
}

/** What is selected, as a list, and what can be done with it. */
export function SelectionPanel({ collection, ids, onOpen, onFilter, onClear }: SelectionPanelProps) {
  return (
    <section className="panel map-panel" aria-labelledby="map-selection">
      <h2 id="map-selection">Selection</h2>
      <p role="status" className="dim" data-testid="map-selected">
        {ids.length === 0 ? "Nothing is selected" : `${plural(ids.length, "record")} selected`}
      </p>
      {ids.length === 0 ? (
        <p className="dim">Drag with Shift over the map, or select what is in view.</p>
      ) : (
        <>
          <div className="button-row">
            <Button className="button primary" onPress={onFilter}>
              Use as filter
            </Button>
            <Button className="button" onPress={onClear}>
              Clear
            </Button>
          </div>
          <RecordList collection={collection} label="Selected records" ids={ids} onOpen={onOpen} />
        </>
      )}
    </section>
  );
}
