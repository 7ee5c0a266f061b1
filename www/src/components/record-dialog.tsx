import type { Collection } from "chromatid";
import { Pencil } from "lucide-react";
import { useCallback, useState } from "react";
import { Button } from "react-aria-components";
import { useLoad } from "../lib/hooks";
import { EmbeddingStrip } from "./embedding-strip";
import { Json } from "./json";
import { Modal } from "./modal";
import { ErrorNotice } from "./problem-notice";
import { RecordForm } from "./record-form";
import { Spinner } from "./spinner";

interface RecordDialogProps {
  collection: Collection;
  /** The record to show; closed without */
  record: { id: string; title: string } | undefined;
  onClose: () => void;
}

/** One record with everything that is stored of it, to be changed. */
export function RecordDialog({ collection, record, onClose }: RecordDialogProps) {
  return (
    <Modal title={record?.title ?? ""} isOpen={record !== undefined} onClose={onClose}>
      {record && <RecordBody collection={collection} id={record.id} />}
    </Modal>
  );
}

function RecordBody({ collection, id }: { collection: Collection; id: string }) {
  const [revision, setRevision] = useState(0);
  const [isEdited, setEdited] = useState(false);
  const load = useCallback(async () => {
    const found = await collection.get({ ids: [id], include: ["documents", "metadatas", "embeddings", "uris"] });
    return found.rows()[0];
    // The revision is not read: it says when to read again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [collection, id, revision]);
  const loaded = useLoad(load);
  if (loaded.status === "failed") return <ErrorNotice error={loaded.error} />;
  if (loaded.status === "loading") return <Spinner label="Reading the record" />;
  const record = loaded.value;
  if (!record) return <p>This record is not there any more.</p>;
  const { embedding, document = null, metadata = null, uri } = record;
  if (isEdited) {
    const done = (isChanged: boolean) => {
      setEdited(false);
      if (isChanged) setRevision((before) => before + 1);
    };
    return <RecordForm collection={collection} record={{ id, document, metadata, embedding: embedding ?? undefined }} onDone={done} />;
  }
  return (
    <div className="record">
      {document && <p className="record-document">{document}</p>}
      {embedding && <EmbeddingStrip embedding={embedding} />}
      <h3>Record as JSON</h3>
      <Json label="Record as JSON" value={{ id, document, metadata, uri: uri ?? undefined }} />
      <div className="button-row end">
        <Button className="button" onPress={() => setEdited(true)}>
          <Pencil aria-hidden size={15} />
          Edit
        </Button>
      </div>
    </div>
  );
}
