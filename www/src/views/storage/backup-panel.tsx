import type { ExistingCollections, Repair, Verification } from "chromatid";
import { useState } from "react";
import { Button, FileTrigger, Radio, RadioGroup } from "react-aria-components";
import { ConfirmButton } from "../../components/confirm-button";
import { ProblemNotice } from "../../components/problem-notice";
import { formatBytes, plural } from "../../lib/format";
import { saveFile } from "../../lib/save-file";
import { explain, explainImport, type Problem } from "../../store/problems";
import { useConsoleStore, useOpenStore } from "../../store/use-store";
import { DamageTable } from "./damage-table";

const EXISTING: readonly (readonly [ExistingCollections, string])[] = [
  ["refuse", "Stop"],
  ["merge", "Add missing"],
  ["replace", "Replace"],
];

type Task = "export" | "import" | "check";

/** All data as a file and back, and a look for damage. */
export function BackupPanel({ onDone }: { onDone: () => void }) {
  const store = useOpenStore();
  const consoleStore = useConsoleStore();
  const [existing, setExisting] = useState<ExistingCollections>("refuse");
  const [note, setNote] = useState("");
  const [progress, setProgress] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [task, setTask] = useState<Task>();
  const [found, setFound] = useState<Verification>();

  const run = async (name: Task, work: () => Promise<string>) => {
    setTask(name);
    setProblem(undefined);
    setNote("");
    try {
      setNote(await work());
    } catch (error) {
      setProblem(name === "import" ? explainImport(error) : explain(error));
    } finally {
      setProgress("");
      setTask(undefined);
      onDone();
    }
  };
  // The button of the task under way keeps the focus.
  const buttonOf = (name: Task) => ({ className: "button", isPending: task === name, isDisabled: task !== undefined && task !== name });

  const exportAll = async () => {
    let records = 0;
    const reader = store.export({ onEnd: (exported) => (records = exported.records) }).getReader();
    const pieces: Blob[] = [];
    let bytes = 0;
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      // The browser may put a blob on disk.
      pieces.push(new Blob([value as Uint8Array<ArrayBuffer>]));
      bytes += value?.length ?? 0;
      setProgress(`${formatBytes(bytes)} so far`);
    }
    const blob = new Blob(pieces);
    saveFile(blob, `chromatid-${new Date().toISOString().slice(0, 10)}.chromatid`);
    return `Exported ${plural(records, "record")} in ${formatBytes(blob.size)}`;
  };

  const importFile = async (file: File) => {
    const onProgress = ({ records }: { records: number }) => setProgress(`${plural(records, "record")} so far`);
    try {
      const { collections, records, lost } = await store.import(file, { existing, onProgress });
      const missing = lost > 0 ? `; the file lacks ${plural(lost, "record")} that could not be read` : "";
      return `Imported ${plural(records, "record")} of ${plural(collections, "collection")}${missing}`;
    } finally {
      // Also after a failure: something may have been replaced. What goes wrong here, the views say themselves.
      await consoleStore.lookAgain().catch(() => undefined);
    }
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
        <Button {...buttonOf("export")} onPress={() => void run("export", exportAll)}>
          Export
        </Button>
        <FileTrigger acceptedFileTypes={[".chromatid"]} onSelect={(files) => files?.[0] && void run("import", () => importFile(files[0] as File))}>
          <Button {...buttonOf("import")}>Import</Button>
        </FileTrigger>
        <Button {...buttonOf("check")} onPress={() => void run("check", check)}>
          Look for damage
        </Button>
        <span role="status" className="dim">
          {note}
        </span>
        {progress && <span className="dim">{progress}</span>}
      </div>
      <div className="button-row">
        <span id="backup-existing" className="dim">
          If a collection to be imported is there already
        </span>
        <RadioGroup
          className="segments"
          aria-labelledby="backup-existing"
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
      </div>
      {problem && <ProblemNotice problem={problem} />}
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
