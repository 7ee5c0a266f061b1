import type { ExistingCollections, Repair, Verification } from "chromatid";
import { useState } from "react";
import { Button, FileTrigger, Radio, RadioGroup } from "react-aria-components";
import { ConfirmButton } from "../../components/confirm-button";
import { ErrorNotice } from "../../components/problem-notice";
import { formatBytes, formatCount } from "../../lib/format";
import { saveFile } from "../../lib/save-file";
import { useOpenStore } from "../../store/use-store";
import { DamageTable } from "./damage-table";

const EXISTING: readonly (readonly [ExistingCollections, string])[] = [
  ["refuse", "Stop"],
  ["merge", "Add what is missing"],
  ["replace", "Replace it"],
];

/** All data as a file and back, and a look for damage. */
export function BackupPanel({ onDone }: { onDone: () => void }) {
  const store = useOpenStore();
  const [existing, setExisting] = useState<ExistingCollections>("refuse");
  const [note, setNote] = useState("");
  const [error, setError] = useState<unknown>();
  const [task, setTask] = useState<"export" | "import" | "check">();
  const [found, setFound] = useState<Verification>();

  const run = async (name: "export" | "import" | "check", work: () => Promise<string>) => {
    setTask(name);
    setError(undefined);
    setNote("");
    try {
      setNote(await work());
    } catch (failure) {
      setNote("");
      setError(failure);
    } finally {
      setTask(undefined);
      onDone();
    }
  };

  const exportAll = async () => {
    let records = 0;
    const reader = store.export({ onEnd: (exported) => (records = exported.records) }).getReader();
    const pieces: BlobPart[] = [];
    let bytes = 0;
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      pieces.push(value as Uint8Array<ArrayBuffer>);
      bytes += value?.length ?? 0;
      setNote(`${formatBytes(bytes)} so far`);
    }
    const blob = new Blob(pieces);
    saveFile(blob, `chromatid-${new Date().toISOString().slice(0, 10)}.chromatid`);
    return `Exported ${formatCount(records)} records in ${formatBytes(blob.size)}`;
  };

  const importFile = async (file: File) => {
    const onProgress = ({ records }: { records: number }) => setNote(`${formatCount(records)} records so far`);
    const { collections, records, lost } = await store.import(file, { existing, onProgress });
    const missing = lost > 0 ? `; the file lacks ${formatCount(lost)} that were damaged` : "";
    return `Imported ${formatCount(records)} records, ${collections === 1 ? "one collection" : `${formatCount(collections)} collections`}${missing}`;
  };

  const check = async () => {
    const verified = await store.verify({ deep: true });
    setFound(verified);
    return verified.ok ? `Nothing is damaged: ${formatBytes(verified.bytes)} were read` : "";
  };

  const repair = async () => {
    setNote(describeRepair(await store.repair()));
    setFound(await store.verify({ deep: true }));
    onDone();
  };

  return (
    <section className="panel backup" aria-labelledby="backup-title">
      <h2 id="backup-title">Backup</h2>
      <p className="dim">All collections in one file, for another browser or another device. It is not encrypted.</p>
      <div className="button-row">
        <Button className="button" isPending={task === "export"} isDisabled={task !== undefined} onPress={() => void run("export", exportAll)}>
          Export
        </Button>
        <FileTrigger acceptedFileTypes={[".chromatid"]} onSelect={(files) => files?.[0] && void run("import", () => importFile(files[0] as File))}>
          <Button className="button" isPending={task === "import"} isDisabled={task !== undefined}>
            Import
          </Button>
        </FileTrigger>
        <RadioGroup
          className="segments"
          aria-label="If a collection is there already"
          orientation="horizontal"
          value={existing}
          onChange={(value) => setExisting(value as ExistingCollections)}
        >
          {EXISTING.map(([value, label]) => (
            <Radio key={value} className="segment" value={value}>
              {label}
            </Radio>
          ))}
        </RadioGroup>
        <span className="dim">if a collection is there already</span>
      </div>
      <div className="button-row">
        <Button className="button" isPending={task === "check"} isDisabled={task !== undefined} onPress={() => void run("check", check)}>
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
  return `Repaired ${formatCount(repaired.length)} collections, ${lost === 0 ? "nothing is lost" : `${formatCount(lost)} records are lost`}${rest}`;
}
