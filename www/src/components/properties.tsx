import type { Metadata, SparseVector } from "chromatid";
import { plural } from "../lib/format";

/** Properties shown in a row; the dialog of a record shows all. */
const SHOWN = 4;

type MetadataValue = Metadata[string];

/** The metadata of a record in a table: the first properties, and how many more there are. */
export function Properties({ metadata, shown = SHOWN }: { metadata: Metadata | null; shown?: number }) {
  // Weights of words say nothing to a reader: they come last.
  const properties = Object.entries(metadata ?? {}).sort(([, a], [, b]) => Number(isSparse(a)) - Number(isSparse(b)));
  return (
    <>
      {properties.slice(0, shown).map(([key, value]) => (
        <span key={key} className="property">
          <span className="property-key">{key}</span> {textOf(value)}
        </span>
      ))}
      {properties.length > shown && <span className="dim">+{properties.length - shown}</span>}
    </>
  );
}

const isSparse = (value: MetadataValue): value is SparseVector => typeof value === "object" && value !== null && !Array.isArray(value);

function textOf(value: MetadataValue): string {
  if (Array.isArray(value)) return value.join(", ");
  if (isSparse(value)) return `sparse vector, ${plural(value.indices.length, "value")}`;
  return String(value);
}
