import type { Collection } from "chromatid";
import { Inbox } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { RecordDialog } from "../../components/record-dialog";
import { Spinner } from "../../components/spinner";
import { formatCount, formatPercent, plural } from "../../lib/format";
import { hrefOf, navigate } from "../../lib/hash-route";
import { useLoad } from "../../lib/hooks";
import { firstKey } from "../../map/colours";
import type { Progress } from "../../map/projection";
import { chooseRecords } from "../../query/chosen-records";
import { HitsPanel } from "./hits-panel";
import { Legend } from "./legend";
import { MapToolbar, type MapOptions } from "./map-toolbar";
import { PointCanvas, type MapHandle } from "./point-canvas";
import { RecordTip } from "./record-tip";
import { SelectionPanel } from "./selection-panel";
import { useColouring } from "./use-colouring";
import { useProjection } from "./use-projection";

const NO_IDS: readonly string[] = [];
const NO_PLACES = new Float32Array();

/** The picture, what can be done with it, and beside it what is selected and found. */
export function MapPage({ collection }: { collection: Collection }) {
  const [options, setOptions] = useState<MapOptions>({ layout: "neighbours", wanted: 20_000, key: undefined, isSelecting: false });
  const first = useLoad(useCallback(() => firstKey(collection), [collection]));
  const key = options.key === undefined ? first.value : options.key || undefined;
  const { projection, progress, error, isOld, update, check } = useProjection(collection, options.wanted);
  const ids = projection?.ids ?? NO_IDS;
  // Colours are read once all records are there.
  const { colouring, error: colourError } = useColouring(collection, progress?.phase === "reading" ? NO_IDS : ids, key);
  const colours = useMemo(() => (colouring.colours.length === ids.length ? colouring.colours : new Uint8Array(ids.length).fill(1)), [colouring, ids]);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [hits, setHits] = useState<readonly string[]>(NO_IDS);
  const [current, setCurrent] = useState<{ id: string; position: [number, number] | undefined }>();
  const [opened, setOpened] = useState<{ id: string; title: string }>();
  const map = useRef<MapHandle>(null);
  const places = useMemo(() => new Map(ids.map((id, i) => [id, i])), [ids]);
  const pointsOf = (wanted: Iterable<string>) => [...wanted].flatMap((id) => places.get(id) ?? []);
  const idsOf = (points: readonly number[]) => points.flatMap((point) => ids[point] ?? []);
  const select = (points: readonly number[], isMore = false) => setSelection((before) => new Set([...(isMore ? before : []), ...idsOf(points)]));
  const open = (id: string) => setOpened({ id, title: id });

  if (error !== undefined) return <ErrorNotice error={error} />;
  if (!projection) return <Spinner label="Reading the embeddings" />;
  if (projection.total === 0) {
    return (
      <EmptyState Icon={Inbox} title="This collection is empty">
        <p>Records that a program adds to “{collection.name}” show up here.</p>
      </EmptyState>
    );
  }
  const shownPlaces = (options.layout === "neighbours" ? projection.neighbours : undefined) ?? projection.axes;
  const asFilter = () => {
    chooseRecords(collection.id, [...selection]);
    navigate(hrefOf("query", collection.name));
  };
  return (
    <div className="map">
      <section className="panel map-main" aria-label="Map">
        <MapToolbar collection={collection} options={{ ...options, key }} map={map} onChange={(part) => setOptions((before) => ({ ...before, ...part }))} onSelect={(points) => select(points)} />
        <div className="map-field">
          <PointCanvas
            ref={map}
            places={shownPlaces.length === ids.length * 2 ? shownPlaces : NO_PLACES}
            colours={colours}
            selected={new Set(pointsOf(selection))}
            hits={pointsOf(hits)}
            current={current && places.get(current.id)}
            isSelecting={options.isSelecting}
            onCurrent={(point, position) => setCurrent(point === undefined ? undefined : { id: ids[point] ?? "", position })}
            onOpen={(point) => open(ids[point] ?? "")}
            onSelect={select}
            onToggle={(point) => setSelection((before) => toggled(before, ids[point] ?? ""))}
            onClear={() => setSelection(new Set())}
          />
          {current && <RecordTip collection={collection} id={current.id} position={current.position} isSelected={selection.has(current.id)} />}
        </div>
        <Legend legend={colouring.legend} />
        {colourError !== undefined && <ErrorNotice error={colourError} />}
        <p className="map-note dim" role="status">
          <span data-testid="map-count">{ids.length === projection.total ? plural(ids.length, "record") : `${formatCount(ids.length)} of ${formatCount(projection.total)} shown`}</span>
          {progress && <span>{describe(progress)}</span>}
          {isOld && <span>The collection has changed.</span>}
          {isOld && (
            <Button className="link-button" onPress={update}>
              Update
            </Button>
          )}
        </p>
        <p id="map-keys" className="map-note dim">
          Arrow keys go from record to record, with Shift they move the map; + and − zoom, 0 shows all; Space selects, Enter opens.
        </p>
      </section>
      <div className="map-side">
        <SelectionPanel collection={collection} ids={[...selection]} onOpen={open} onFilter={asFilter} onClear={() => setSelection(new Set())} />
        <HitsPanel collection={collection} hits={hits} shown={places} onHits={setHits} onOpen={open} />
      </div>
      <RecordDialog
        collection={collection}
        record={opened}
        onClose={() => {
          setOpened(undefined);
          check();
        }}
      />
    </div>
  );
}

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}

function describe(progress: Progress): string {
  return progress.phase === "reading" ? `Reading ${formatCount(progress.done)} of ${formatCount(progress.of)}` : `Arranging neighbours: ${formatPercent(progress.share)}`;
}
