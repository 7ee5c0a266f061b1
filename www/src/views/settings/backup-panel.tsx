import type { ExistingCollections } from "chromatid";
import { useState } from "react";
import { Button, FileTrigger, Radio, RadioGroup } from "react-aria-components";
import { ProblemNotice } from "../../components/problem-notice";
import { formatBytes, plural } from "../../lib/format";
import { inOneTab } from "../../lib/one-tab";
import { exportFile } from "../../store/export-file";
import { explain, explainImport, type Problem } from "../../store/problems";
import { useConsoleStore, useOpenStore } from "../../store/use-store";

const EXISTING: readonly (readonly [ExistingCollections, string])[] = [
  ["refuse", "Stop"],
  ["merge", "Add missing"],
  ["replace", "Replace"],
];

type Task = "export" | "import";

/** All data as a file and back. */
export function BackupPanel() {
  const store = useOpenStore();
  const consoleStore = useConsoleStore();
  const [existing, setExisting] = useState<ExistingCollections>("refuse");
  const [note, setNote] = useState("");
  const [progress, setProgress] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [task, setTask] = useState<Task>();

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
    }
  };
  // The button of the task under way keeps the focus.
  const buttonOf = (name: Task) => ({ className: "button", isPending: task === name, isDisabled: task !== undefined && task !== name });

  const exportAll = async () => {
    const { records, bytes } = await exportFile(store, (soFar) => setProgress(`${formatBytes(soFar)} so far`));
    return `Exported ${plural(records, "record")} in ${formatBytes(bytes)}`;
  };

  const importFile = async (file: File) => {
    const onProgress = ({ records }: { records: number }) => setProgress(`${plural(records, "record")} so far`);
    try {
      // Whoever wants to move the store sees by this that it is written to.
      const { collections, records, lost } = await inOneTab("import/backup", () => store.import(file, { existing, onProgress }));
      const missing = lost > 0 ? `; the file lacks ${plural(lost, "record")} that could not be read` : "";
      return `Imported ${plural(records, "record")} of ${plural(collections, "collection")}${missing}`;
    } finally {
      // Also after a failure: something may have been replaced. What goes wrong here, the views say themselves.
      await consoleStore.lookAgain().catch(() => undefined);
    }
  };

  return (
    <section className="panel setting" aria-labelledby="backup-title">
      <h2 id="backup-title">Backup</h2>
      <p className="dim">All collections in one file, for another browser or another device. The file is not encrypted.</p>
      <div className="button-row">
        <Button {...buttonOf("export")} onPress={() => void run("export", exportAll)}>
          Export
        </Button>
        <FileTrigger acceptedFileTypes={[".chromatid"]} onSelect={(files) => files?.[0] && void run("import", () => importFile(files[0] as File))}>
          <Button {...buttonOf("import")}>Import</Button>
        </FileTrigger>
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
    </section>
  );
}
