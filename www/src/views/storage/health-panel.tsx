import type { Repair, Verification } from "chromatid";
import { useState } from "react";
import { Button } from "react-aria-components";
import { ConfirmButton } from "../../components/confirm-button";
import { ErrorNotice } from "../../components/problem-notice";
import { formatBytes, plural } from "../../lib/format";
import { useOpenStore } from "../../store/use-store";
import { DamageTable } from "./damage-table";

/** A look for damage, and its repair. */
export function HealthPanel({ onDone }: { onDone: () => void }) {
  const store = useOpenStore();
  const [note, setNote] = useState("");
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const [found, setFound] = useState<Verification>();

  const check = async () => {
    setBusy(true);
    setError(undefined);
    setNote("");
    try {
      const verified = await store.verify({ deep: true });
      setFound(verified);
      if (verified.ok) setNote(`Nothing is damaged: ${formatBytes(verified.bytes)} were read`);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
      onDone();
    }
  };

  const repair = async () => {
    setNote(describeRepair(await store.repair()));
    setFound(await store.verify({ deep: true }));
    onDone();
  };

  return (
    <section className="panel health" aria-labelledby="health-title">
      <h2 id="health-title">Health</h2>
      <p className="dim">Reads everything, and compares what is stored about each record in several places.</p>
      <div className="button-row">
        <Button className="button" isPending={isBusy} onPress={() => void check()}>
          Look for damage
        </Button>
        <span role="status" className="dim">
          {note}
        </span>
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
      {found && !found.ok && (
        <DamageTable problems={found.problems}>
          <ConfirmButton
            label="Repair"
            title="Repair what is damaged?"
            text="Indexes are made anew. Records that cannot be read are given up for good. Export first what must not be lost."
            confirm="Repair"
            onConfirm={repair}
          />
        </DamageTable>
      )}
    </section>
  );
}

function describeRepair({ repaired, left }: Repair): string {
  const lost = repaired.reduce((sum, { lostRecords }) => sum + lostRecords, 0);
  const rest = left.length > 0 ? "; some damage is beyond repair" : "";
  return `Repaired ${plural(repaired.length, "collection")}, ${lost === 0 ? "nothing is lost" : `lost ${plural(lost, "record")}`}${rest}`;
}
