import { useState } from "react";
import { Button } from "react-aria-components";
import { ErrorNotice } from "../../components/problem-notice";
import { formatMilliseconds } from "../../lib/format";
import { hrefOf } from "../../lib/hash-route";
import { useOpenStore } from "../../store/use-store";

/** Refresh, compact, and where to go for what is about all data. */
export function StorageActions({ onDone }: { onDone: () => void }) {
  const store = useOpenStore();
  const [note, setNote] = useState("");
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const compact = async () => {
    setBusy(true);
    setError(undefined);
    const start = performance.now();
    try {
      await store.compact();
      setNote(`Compacted in ${formatMilliseconds(performance.now() - start)}`);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
      onDone();
    }
  };
  return (
    <div className="storage-actions">
      <div className="button-row">
        <span role="status" className="dim">
          {note}
        </span>
        <Button className="button" onPress={onDone}>
          Refresh
        </Button>
        <Button className="button" isPending={isBusy} onPress={() => void compact()}>
          Compact
        </Button>
        <a className="button" href={hrefOf("settings")}>
          Backup and reset
        </a>
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
    </div>
  );
}
