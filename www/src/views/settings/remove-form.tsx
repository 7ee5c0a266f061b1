import { useState, type FormEvent } from "react";
import { Button } from "react-aria-components";
import { ErrorNotice } from "../../components/problem-notice";
import { TextField } from "../../components/text-field";
import { useConsoleStore } from "../../store/use-store";
import { LinksNote } from "./passphrase-form";

/** Asks for the passphrase, and keeps everything readable from then on. */
export function RemoveForm({ onClose }: { onClose: () => void }) {
  const consoleStore = useConsoleStore();
  const [passphrase, setPassphrase] = useState("");
  const [isSent, setSent] = useState(false);
  const [error, setError] = useState<unknown>();
  const isRight = consoleStore.isPassphrase(passphrase);
  const send = (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    setError(undefined);
    if (isRight) consoleStore.move("decrypt", undefined).catch(setError);
  };
  return (
    <form className="form" onSubmit={send}>
      <div className="prose">
        <p>All data are copied into a store that is not encrypted; then the encrypted one is deleted. Whoever gets at the files of this browser can read them from then on.</p>
        <LinksNote />
      </div>
      <TextField
        label="Present passphrase"
        type="password"
        autoComplete="current-password"
        value={passphrase}
        onChange={setPassphrase}
        error={isSent && !isRight ? "That is not the present passphrase." : undefined}
        startsHere
      />
      {error !== undefined && <ErrorNotice error={error} />}
      <div className="button-row end">
        <Button className="button" onPress={onClose}>
          Cancel
        </Button>
        <Button className="button danger solid" type="submit">
          Remove encryption
        </Button>
      </div>
    </form>
  );
}
