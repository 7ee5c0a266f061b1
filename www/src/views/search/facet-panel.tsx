import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { Button } from "react-aria-components";
import type { FacetCounts, Selection } from "../../search/facets";
import { FacetGroup } from "./facet-group";

interface FacetPanelProps {
  facets: readonly FacetCounts[];
  selection: Selection;
  /** What the counts are of */
  caption: string;
  onToggle: (key: string, value: string) => void;
  onClear: () => void;
}

/** Narrows the results by their properties. On narrow screens it unfolds. */
export function FacetPanel({ facets, selection, caption, onToggle, onClear }: FacetPanelProps) {
  const [isOpen, setOpen] = useState(false);
  const chosen = Object.values(selection).reduce((sum, values) => sum + values.length, 0);
  return (
    <aside className="facets" aria-label="Filters" data-open={isOpen || undefined}>
      <div className="facets-head">
        <Button className="button facets-toggle" aria-expanded={isOpen} aria-controls="facet-groups" onPress={() => setOpen(!isOpen)}>
          <SlidersHorizontal aria-hidden size={16} />
          Filters{chosen > 0 && ` (${chosen})`}
        </Button>
        <h2 className="facets-title">Filters</h2>
        {chosen > 0 && (
          <Button className="link-button" onPress={onClear}>
            Clear all
          </Button>
        )}
      </div>
      <div id="facet-groups" className="facet-groups">
        <p className="facets-caption">{caption}</p>
        {facets.map(({ facet, values }) => (
          <FacetGroup
            key={facet.key}
            facet={facet}
            values={values}
            chosen={selection[facet.key] ?? []}
            onToggle={(value) => onToggle(facet.key, value)}
          />
        ))}
      </div>
    </aside>
  );
}
