import type { Collection } from "chromatid";
import { Maximize, Minus, Plus } from "lucide-react";
import type { RefObject } from "react";
import { Button, Radio, RadioGroup } from "react-aria-components";
import { formatCount } from "../../lib/format";
import { colourKeys } from "../../map/colours";
import type { MapHandle } from "./point-canvas";

export interface MapOptions {
  layout: "neighbours" | "axes";
  /** Records that are shown at most */
  wanted: number;
  /** The key of the colours; empty for none, undefined until somebody chooses */
  key: string | undefined;
  /** Whether dragging selects instead of moving */
  isSelecting: boolean;
}

const SIZES = [5000, 20_000, 100_000];

interface MapToolbarProps {
  collection: Collection;
  options: MapOptions;
  map: RefObject<MapHandle | null>;
  onChange: (part: Partial<MapOptions>) => void;
  onSelect: (points: readonly number[]) => void;
}

/** How the map is laid out, coloured and moved. */
export function MapToolbar({ collection, options, map, onChange, onSelect }: MapToolbarProps) {
  return (
    <div className="map-toolbar">
      <Choice label="Layout" value={options.layout} choices={[["neighbours", "Neighbours"], ["axes", "Main axes"]]} onChange={(layout) => onChange({ layout: layout as MapOptions["layout"] })} />
      <label className="map-choice">
        <span>Colour by</span>
        <select className="input" value={options.key ?? ""} onChange={(event) => onChange({ key: event.target.value })}>
          <option value="">nothing</option>
          {colourKeys(collection).map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label className="map-choice">
        <span>At most</span>
        <select className="input" value={options.wanted} onChange={(event) => onChange({ wanted: Number(event.target.value) })}>
          {SIZES.map((size) => (
            <option key={size} value={size}>
              {formatCount(size)}
            </option>
          ))}
        </select>
      </label>
      <Choice label="Dragging" value={options.isSelecting ? "select" : "move"} choices={[["move", "Move"], ["select", "Select"]]} onChange={(value) => onChange({ isSelecting: value === "select" })} />
      <Button className="button" onPress={() => onSelect(map.current?.visible() ?? [])}>
        Select all in view
      </Button>
      <div className="map-zoom" role="group" aria-label="Zoom">
        <Button className="icon-button" aria-label="Zoom in" onPress={() => map.current?.zoom(1.5)}>
          <Plus aria-hidden size={18} />
        </Button>
        <Button className="icon-button" aria-label="Zoom out" onPress={() => map.current?.zoom(1 / 1.5)}>
          <Minus aria-hidden size={18} />
        </Button>
        <Button className="icon-button" aria-label="Show all" onPress={() => map.current?.fit()}>
          <Maximize aria-hidden size={17} />
        </Button>
      </div>
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  choices: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
}

function Choice({ label, value, choices, onChange }: ChoiceProps) {
  return (
    <RadioGroup className="segments small" aria-label={label} orientation="horizontal" value={value} onChange={onChange}>
      {choices.map(([each, name]) => (
        <Radio key={each} className="segment" value={each}>
          {name}
        </Radio>
      ))}
    </RadioGroup>
  );
}
