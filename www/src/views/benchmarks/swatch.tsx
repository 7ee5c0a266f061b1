import type { Subject } from "../../benchmarks/series";

/** The colour of a store in the charts. */
export function Swatch({ subject }: { subject: Subject }) {
  return <span className="swatch" style={{ background: `var(--series-${(subject.colour % 10) + 1})` }} />;
}
