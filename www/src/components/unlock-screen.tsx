import { Lock } from "lucide-react";
import { useState, type FormEvent } from "react";
import { Button } from "react-aria-components";
import { useTitle } from "../lib/hooks";
import { useConsoleStore } from "../store/use-store";
import { MovedNotice } from "./moved-notice";
import { ResetButton } from "./reset-button";
import { TextField } from "./text-field";

/** The store is encrypted: nothing of it is shown until somebody gives the passphrase. */
export function UnlockScreen({ isRefused }: { isRefused: boolean }) {
  useTitle("Locked");
  const store = useConsoleStore();
  const [passphrase, setPassphrase] = useState("");
  const unlock = (event: FormEvent) => {
    event.preventDefault();
    // The page says at once that it opens the store, in place of this.
    if (passphrase !== "") void store.unlock(passphrase);
  };
  return (
    <div className="page narrow">
      <MovedNotice />
      <section className="panel unlock" aria-labelledby="unlock-title">
        <Lock aria-hidden size={28} strokeWidth={1.75} />
        <h1 id="unlock-title">The data of this browser are encrypted</h1>
        <form className="form" onSubmit={unlock}>
          <TextField
            label="Passphrase"
            type="password"
            autoComplete="current-password"
            value={passphrase}
            onChange={setPassphrase}
            description="It stays in the memory of this tab until the page is closed or locked; other tabs ask for it too."
            error={isRefused && passphrase === "" ? "That is not the passphrase. Mind capitals and spaces, then try again." : undefined}
            startsHere
          />
          <Button className="button primary" type="submit" isDisabled={passphrase === ""}>
            Unlock
          </Button>
        </form>
      </section>
      <section className="unlock-lost" aria-labelledby="lost-title">
        <h2 id="lost-title">Lost the passphrase?</h2>
        <p className="dim">Nobody can open the data without it. You can delete them, and import an export if you have one.</p>
        <ResetButton label="Delete everything and start anew" />
      </section>
    </div>
  );
}
