import { useState } from "react";
import { Button } from "react-aria-components";
import { ConfirmButton } from "../../components/confirm-button";
import { ErrorNotice } from "../../components/problem-notice";
import { formatMilliseconds } from "../../lib/format";
import { useConsoleStore, useOpenStore } from "../../store/use-store";

/** Refresh, compact, delete everything. */
export function StorageActions({ onDone }: { onDone: () => void }) {
  const store = useOpenStore();
  const consoleStore = useConsoleStore();
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
        <ConfirmButton
          label="Reset"
          title="Delete all data?"
          text="All collections of this page are deleted from this browser for good. The glosses are stored anew; nothing else can be brought back."
          confirm="Delete all data"
          onConfirm={() => consoleStore.reset()}
        />
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
    </div>
  );
}
