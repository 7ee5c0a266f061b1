import { Lock, LockOpen } from "lucide-react";
import { useCallback, useState } from "react";
import { Button } from "react-aria-components";
import { Modal } from "../../components/modal";
import { ErrorNotice } from "../../components/problem-notice";
import { useLoad } from "../../lib/hooks";
import { useConsoleStore, useOpenStore, useSnapshot } from "../../store/use-store";
import { PassphraseForm } from "./passphrase-form";
import { RemoveForm } from "./remove-form";

type Task = "encrypt" | "change" | "decrypt";

const TITLES: Readonly<Record<Task, string>> = {
  encrypt: "Encrypt with a passphrase",
  change: "Change the passphrase",
  decrypt: "Remove the encryption",
};

/** Whether the store is encrypted, and what can be done about that. */
export function EncryptionPanel() {
  const { connection } = useSnapshot();
  const store = useOpenStore();
  const consoleStore = useConsoleStore();
  const [task, setTask] = useState<Task>();
  const [error, setError] = useState<unknown>();
  const isEncrypted = connection.status === "open" && connection.isEncrypted;
  const hindrance = useLoad(useCallback(async () => hindranceOf((await store.info()).storage), [store])).value;
  const lock = () => {
    setError(undefined);
    consoleStore.lock().catch(setError);
  };
  const Icon = isEncrypted ? Lock : LockOpen;
  return (
    <section className="panel setting" aria-labelledby="encryption-title">
      <h2 id="encryption-title">
        Encryption <Icon aria-hidden size={17} strokeWidth={1.75} />
      </h2>
      <p className="dim">
        {isEncrypted
          ? "Everything that this browser keeps of your collections is encrypted. The passphrase is asked for whenever the page is opened."
          : "Your collections are kept readable for whoever gets at the files of this browser. With a passphrase they are not."}
      </p>
      {hindrance !== undefined && <p>{hindrance}</p>}
      <div className="button-row">
        {!isEncrypted && (
          <Button className="button" isDisabled={hindrance !== undefined} onPress={() => setTask("encrypt")}>
            Encrypt with a passphrase…
          </Button>
        )}
        {isEncrypted && (
          <>
            <Button className="button" onPress={lock}>
              <Lock aria-hidden size={16} />
              Lock now
            </Button>
            <Button className="button" onPress={() => setTask("change")}>
              Change passphrase…
            </Button>
            <Button className="button danger" onPress={() => setTask("decrypt")}>
              Remove encryption…
            </Button>
          </>
        )}
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
      <Modal title={task ? TITLES[task] : ""} isOpen={task !== undefined} onClose={() => setTask(undefined)}>
        {task === "decrypt" && <RemoveForm onClose={() => setTask(undefined)} />}
        {(task === "encrypt" || task === "change") && <PassphraseForm goal={task} onClose={() => setTask(undefined)} />}
      </Modal>
    </section>
  );
}

/** Why a store cannot be encrypted here. */
function hindranceOf(storage: string): string | undefined {
  if (storage === "memory") return "This browser keeps nothing of this page, so that there is nothing to encrypt.";
  const { crypto } = globalThis as { crypto?: Partial<Crypto> };
  if (!crypto?.subtle || !("locks" in navigator)) return "Browsers encrypt for pages with a secure address only: https, or localhost.";
  return undefined;
}
