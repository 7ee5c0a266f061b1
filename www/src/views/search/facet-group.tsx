import { useState } from "react";
import { Button } from "react-aria-components";
import { formatCount } from "../../lib/format";
import type { Facet, FacetValue } from "../../search/facets";

/** Values shown before "Show all". */
const SHOWN = 6;

interface FacetGroupProps {
  facet: Facet;
  values: readonly FacetValue[];
  chosen: readonly string[];
  onToggle: (value: string) => void;
}

/** One facet: its values among the results, each with its count. Plain checkboxes, because all are drawn anew with each key. */
export function FacetGroup({ facet, values, chosen, onToggle }: FacetGroupProps) {
  const [isFull, setFull] = useState(false);
  if (values.length === 0) return null;
  const shown = isFull ? values : values.filter(({ value }, i) => i < SHOWN || chosen.includes(value));
  return (
    <fieldset className="facet">
      <legend>{facet.label}</legend>
      {shown.map(({ value, label, count }) => (
        <label key={value} className="check">
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => onToggle(value)} />
          <span className="check-label">{label}</span>
          <span className="check-count">{formatCount(count)}</span>
        </label>
      ))}
      {values.length > SHOWN && (
        <Button className="link-button" aria-expanded={isFull} onPress={() => setFull(!isFull)}>
          {isFull ? "Show fewer" : `Show all ${values.length}`}
        </Button>
      )}
    </fieldset>
  );
}
