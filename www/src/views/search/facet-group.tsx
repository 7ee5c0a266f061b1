import { useState } from "react";
import { Button, Checkbox, CheckboxGroup, Label } from "react-aria-components";
import type { Facet, FacetValue } from "../../search/facets";

/** Values shown before "Show all". */
const SHOWN = 6;

interface FacetGroupProps {
  facet: Facet;
  values: readonly FacetValue[];
  chosen: readonly string[];
  onToggle: (value: string) => void;
}

/** One facet: its values among the results, each with its count. */
export function FacetGroup({ facet, values, chosen, onToggle }: FacetGroupProps) {
  const [isFull, setFull] = useState(false);
  if (values.length === 0) return null;
  const shown = isFull ? values : values.filter(({ value }, i) => i < SHOWN || chosen.includes(value));
  return (
    <CheckboxGroup className="facet" value={[...chosen]}>
      <Label>{facet.label}</Label>
      {shown.map(({ value, label, count }) => (
        <Checkbox key={value} value={value} className="check" onChange={() => onToggle(value)}>
          <span className="check-box" aria-hidden>
            <svg viewBox="0 0 16 16">
              <path d="M3.5 8.5l3 3 6-7" />
            </svg>
          </span>
          <span className="check-label">{label}</span>
          <span className="check-count">{count}</span>
        </Checkbox>
      ))}
      {values.length > SHOWN && (
        <Button className="link-button" aria-expanded={isFull} onPress={() => setFull(!isFull)}>
          {isFull ? "Show fewer" : `Show all ${values.length}`}
        </Button>
      )}
    </CheckboxGroup>
  );
}
