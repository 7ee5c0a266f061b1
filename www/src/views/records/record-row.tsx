import type { Metadata } from "chromatid";
import { Trash2 } from "lucide-react";
import { Button } from "react-aria-components";
import { ConfirmButton } from "../../components/confirm-button";
import { Properties } from "../../components/properties";
import { freshMark } from "../../lib/use-fresh";

interface RecordRowProps {
  id: string;
  document: string | null;
  metadata: Metadata | null;
  /** The change that the record came or was changed with, while it was looked at */
  change: number | undefined;
  onOpen: () => void;
  onDelete: () => Promise<unknown>;
}

/** One record: a press on its id opens it. */
export function RecordRow({ id, document, metadata, change, onOpen, onDelete }: RecordRowProps) {
  return (
    <tr data-fresh={freshMark(change)}>
      <th scope="row">
        <Button className="link-button mono" aria-label={`Open ${id}`} onPress={onOpen}>
          {id}
        </Button>
      </th>
      <td className="cell-document">{document ?? <span className="dim">none</span>}</td>
      <td className="cell-metadata">
        <Properties metadata={metadata} />
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
