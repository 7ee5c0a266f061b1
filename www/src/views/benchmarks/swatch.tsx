import { COLOURS, type Subject } from "../../benchmarks/series";

/** The colour of a store in the charts, as its points are drawn. */
export function Swatch({ subject }: { subject: Subject }) {
  const colour = `var(--series-${(subject.colour % COLOURS) + 1})`;
  return <span className="swatch" style={subject.colour < COLOURS ? { background: colour } : { boxShadow: `inset 0 0 0 2px ${colour}` }} />;
}
