import { useState, type FormEvent } from "react";
import { Button } from "react-aria-components";
import { ErrorNotice } from "../../components/problem-notice";
import { TextField } from "../../components/text-field";
import { formatBytes } from "../../lib/format";
import { LEAST, strengthOf, type Strength } from "../../lib/passphrase-strength";
import { exportFile } from "../../store/export-file";
import { useLinks } from "../../store/use-links";
import { useConsoleStore, useOpenStore } from "../../store/use-store";

const HINTS: Readonly<Record<Strength, string>> = {
  "too short": `At least ${String(LEAST)} characters. Four or five words chosen at random are good, and can be remembered.`,
  weak: "Easy to guess. Add words that have nothing to do with each other.",
  fair: "Fair. Another word makes it strong.",
  strong: "Strong, if you have not used it elsewhere.",
};

/** Asks for a new passphrase, twice, and encrypts everything with it. */
export function PassphraseForm({ goal, onClose }: { goal: "encrypt" | "change"; onClose: () => void }) {
  const consoleStore = useConsoleStore();
  const [present, setPresent] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [isSent, setSent] = useState(false);
  const [error, setError] = useState<unknown>();

  const strength = strengthOf(passphrase);
  const problems = {
    present: goal === "change" && !consoleStore.isPassphrase(present) ? "That is not the present passphrase." : undefined,
    passphrase: strength === "too short" ? HINTS[strength] : undefined,
    again: again === passphrase ? undefined : "The two are not the same.",
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    setError(undefined);
    if (Object.values(problems).every((problem) => problem === undefined)) consoleStore.move(goal, passphrase).catch(setError);
  };
  return (
    <form className="form" onSubmit={send}>
      <div className="prose">
        <p>
          <strong>Without the passphrase the data are lost.</strong> Nobody can bring it back, neither this page nor anybody else. Write it down, or let a
          password manager keep it.
        </p>
        <p>{goal === "encrypt" ? <>All data are copied into an encrypted store; then the readable one is deleted.</> : <>All data are copied into a store with the new one; then the old store is deleted.</>} They need room twice meanwhile.</p>
        <LinksNote />
      </div>
      {goal === "change" && (
        <TextField
          label="Present passphrase"
          type="password"
          autoComplete="current-password"
          value={present}
          onChange={setPresent}
          error={isSent ? problems.present : undefined}
          startsHere
        />
      )}
      <TextField
        label="New passphrase"
        type="password"
        value={passphrase}
        onChange={setPassphrase}
        description={<StrengthHint strength={passphrase === "" ? undefined : strength} />}
        error={isSent ? problems.passphrase : undefined}
        startsHere={goal === "encrypt"}
      />
      <TextField label="The same again" type="password" value={again} onChange={setAgain} error={isSent ? problems.again : undefined} />
      {error !== undefined && <ErrorNotice error={error} />}
      <ExportFirst />
      <div className="button-row end">
        <Button className="button" onPress={onClose}>
          Cancel
        </Button>
        <Button className="button primary" type="submit">
          {goal === "encrypt" ? "Encrypt everything" : "Change passphrase"}
        </Button>
      </div>
    </form>
  );
}

function StrengthHint({ strength }: { strength: Strength | undefined }) {
  return (
    <span className="strength" data-strength={strength ?? "none"}>
      <span className="strength-bar" aria-hidden />
      <span aria-live="polite">{HINTS[strength ?? "too short"]}</span>
    </span>
  );
}

/** What becomes of links, for who has any. */
export function LinksNote() {
  const { entries = [] } = useLinks();
  if (entries.length === 0) return null;
  return (
    <p>
      Links with servers begin anew and compare everything once. Their journals are not kept, and where a link only pulls, edits made here give way to what the
      server has.
    </p>
  );
}

function ExportFirst() {
  const store = useOpenStore();
  const [note, setNote] = useState("");
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const { bytes } = await exportFile(store, (soFar) => setNote(`${formatBytes(soFar)} so far`));
      setNote(`Exported ${formatBytes(bytes)}, which are readable: keep the file safe, or delete it`);
    } catch (failure) {
      setNote(`That did not work: ${failure instanceof Error ? failure.message : String(failure)}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="button-row">
      <Button className="button" isPending={isBusy} onPress={() => void save()}>
        Export a backup first
      </Button>
      <span role="status" className="dim">
        {note}
      </span>
    </div>
  );
}
