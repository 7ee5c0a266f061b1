import { useCallback, useState, type FormEvent } from "react";
import { Button } from "react-aria-components";
import { formatBytes, plural } from "../lib/format";
import { useLoad } from "../lib/hooks";
import { useConsoleStore, useSnapshot } from "../store/use-store";
import { Modal } from "./modal";
import { TextField } from "./text-field";

/** What has to be typed. */
const WORD = "delete";

/** Deletes everything in this browser, once the user has typed that it is meant. */
export function ResetButton({ label }: { label: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button className="button danger" onPress={() => setOpen(true)}>
        {label}
      </Button>
      <Modal role="alertdialog" title="Delete everything in this browser?" isOpen={isOpen} onClose={() => setOpen(false)}>
        <ResetForm onClose={() => setOpen(false)} />
      </Modal>
    </>
  );
}

function ResetForm({ onClose }: { onClose: () => void }) {
  const store = useConsoleStore();
  const [word, setWord] = useState("");
  const isMeant = word.trim().toLowerCase() === WORD;
  const reset = (event: FormEvent) => {
    event.preventDefault();
    if (isMeant) void store.reset();
  };
  return (
    <form className="form" onSubmit={reset}>
      <div className="prose">
        <p>{useWhatGoes()} go for good, in all tabs, and so do links, unfinished imports and pictures of maps. Nothing brings them back but an export.</p>
        <p>Servers that collections are linked with are not touched. The glosses are stored anew.</p>
      </div>
      <TextField label={`Type “${WORD}” to confirm`} value={word} onChange={setWord} startsHere />
      <div className="button-row end">
        <Button className="button" onPress={onClose}>
          Cancel
        </Button>
        <Button className="button danger solid" type="submit" isDisabled={!isMeant}>
          Delete everything
        </Button>
      </div>
    </form>
  );
}

/** What is there, as far as it can be told. */
function useWhatGoes(): string {
  const { connection } = useSnapshot();
  const store = connection.status === "open" ? connection.store : undefined;
  const load = useCallback(async () => {
    if (store) {
      const { collections, records, sizes } = await store.info();
      return `${plural(collections, "collection")} with ${plural(records, "record")} (${formatBytes(sizes.total_bytes)})`;
    }
    const { usage } = await navigator.storage.estimate();
    return usage === undefined ? undefined : `All collections and records (this page has ${formatBytes(usage)} in this browser, its own files included)`;
  }, [store]);
  return useLoad(load).value ?? "All collections and records";
}
