import type { Collection, Metadata } from "chromatid";
import { useState, type FormEvent } from "react";
import { Button, Label, Text, TextArea, TextField } from "react-aria-components";
import { changesOf, editableText, fixedKeys, readMetadata } from "../data/metadata-edit";
import { ErrorNotice } from "./problem-notice";

/** A record as the form begins with it. */
export interface EditedRecord {
  id: string;
  document: string | null;
  metadata: Metadata | null;
  embedding: number[] | undefined;
}

interface RecordFormProps {
  collection: Collection;
  record: EditedRecord;
  onDone: (isChanged: boolean) => void;
}

/** Changes the text and the metadata of a record. */
export function RecordForm({ collection, record, onDone }: RecordFormProps) {
  const [document, setDocument] = useState(record.document ?? "");
  const [metadata, setMetadata] = useState(() => editableText(record.metadata));
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const read = readMetadata(metadata);
  const fixed = fixedKeys(record.metadata);

  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (read.error !== undefined) return;
    setBusy(true);
    setError(undefined);
    try {
      await write(collection, record, document, changesOf(record.metadata, read.metadata));
      onDone(true);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <form className="form" onSubmit={(event) => void save(event)}>
      <TextField className="field" value={document} onChange={setDocument}>
        <Label>Document</Label>
        <TextArea className="input" rows={4} />
        <Text slot="description">
          {collection.embeddingFunction
            ? "A text that is changed is embedded anew."
            : "The vector stays as it is: this page does not have the collection’s embedding."}
        </Text>
      </TextField>
      <TextField className="field" value={metadata} onChange={setMetadata} isInvalid={read.error !== undefined}>
        <Label>Metadata as JSON</Label>
        <TextArea className="input mono" rows={Math.min(14, Math.max(4, metadata.split("\n").length + 1))} spellCheck={false} autoCapitalize="none" />
        <Text slot="description">{read.error ?? (fixed.length > 0 ? `Left as they are: ${fixed.join(", ")}.` : "Keys that are taken out are deleted.")}</Text>
      </TextField>
      {error !== undefined && <ErrorNotice error={error} />}
      <div className="button-row end">
        <Button className="button" onPress={() => onDone(false)}>
          Cancel
        </Button>
        <Button className="button primary" type="submit" isPending={isBusy} isDisabled={read.error !== undefined}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** Writes what differs, and nothing else: what somebody else has changed meanwhile stays. */
async function write(collection: Collection, { id, document: old, embedding }: EditedRecord, document: string, changes: Metadata): Promise<void> {
  const isText = document !== (old ?? "");
  const isMetadata = Object.keys(changes).length > 0;
  if (!isText && !isMetadata) return;
  await collection.update({
    ids: [id],
    ...(isText && { documents: [document] }),
    ...(isText && !collection.embeddingFunction && embedding && { embeddings: [embedding] }),
    ...(isMetadata && { metadatas: [changes] }),
  });
}
