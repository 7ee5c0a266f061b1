import type { Metadata } from "chromatid";
import { Trash2 } from "lucide-react";
import { Button } from "react-aria-components";
import { ConfirmButton } from "../../components/confirm-button";
import { plural } from "../../lib/format";

/** Properties shown in a row; the dialog of the record shows all. */
const SHOWN = 4;

type MetadataValue = Metadata[string];

interface RecordRowProps {
  id: string;
  document: string | null;
  metadata: Metadata | null;
  onOpen: () => void;
  onDelete: () => Promise<unknown>;
}

function textOf(value: MetadataValue): string {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "object" && value !== null) return `sparse vector, ${plural(value.indices.length, "value")}`;
  return String(value);
}

/** One record: a press on its id opens it. */
export function RecordRow({ id, document, metadata, onOpen, onDelete }: RecordRowProps) {
  const properties = Object.entries(metadata ?? {});
  return (
    <tr>
      <th scope="row">
        <Button className="link-button mono" aria-label={`Open ${id}`} onPress={onOpen}>
          {id}
        </Button>
      </th>
      <td className="cell-document">{document ?? <span className="dim">none</span>}</td>
      <td className="cell-metadata">
        {properties.slice(0, SHOWN).map(([key, value]) => (
          <span key={key} className="property">
            <span className="property-key">{key}</span> {textOf(value)}
          </span>
        ))}
        {properties.length > SHOWN && <span className="dim">+{properties.length - SHOWN}</span>}
      </td>
      <td className="cell-actions">
        <ConfirmButton
          label={`Delete ${id}`}
          icon={<Trash2 aria-hidden size={15} />}
          title={`Delete record ${id}?`}
          text="The record will be deleted for good."
          confirm="Delete"
          onConfirm={onDelete}
        />
      </td>
    </tr>
  );
}
