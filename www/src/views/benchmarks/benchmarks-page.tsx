import { FileChartColumn, Upload } from "lucide-react";
import { useCallback, useState } from "react";
import { Button, DropZone, FileTrigger } from "react-aria-components";
import { parseResults, type Results } from "../../benchmarks/results";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { Spinner } from "../../components/spinner";
import { useLoad } from "../../lib/hooks";
import { ResultsPanels } from "./results-panels";

/** Results that came with the console, or those of a file that was chosen or dropped. */
export function BenchmarksPage({ shipped }: { shipped: string | null }) {
  const [file, setFile] = useState<Blob>();
  const load = useCallback(() => read(file, shipped), [file, shipped]);
  const results = useLoad(load);
  const openFirst = (files: FileList | null) => setFile(files?.[0]);
  return (
    <DropZone
      className="page drop"
      onDrop={({ items }) => {
        const dropped = items.find((item) => item.kind === "file");
        if (dropped) void dropped.getFile().then(setFile);
      }}
    >
      <div className="page-head">
        <h1>Benchmarks</h1>
        <FileTrigger acceptedFileTypes={["application/json", ".json"]} onSelect={openFirst}>
          <Button className="button">
            <Upload aria-hidden size={16} />
            Open results
          </Button>
        </FileTrigger>
      </div>
      {results.status === "failed" && <ErrorNotice error={results.error} />}
      {results.status === "loading" && <Spinner label="Reading the results" />}
      {results.status === "ready" && (results.value ? <ResultsPanels results={results.value} /> : <NoResults />)}
    </DropZone>
  );
}

async function read(file: Blob | undefined, shipped: string | null): Promise<Results | null> {
  if (file) return parseResults(await file.text());
  if (shipped === null) return null;
  return parseResults(await (await fetch(shipped)).text());
}

function NoResults() {
  return (
    <EmptyState Icon={FileChartColumn} title="No results yet">
      <p>
        Run <code>npm run bench</code>, then open or drop its <code>results.json</code> here.
      </p>
    </EmptyState>
  );
}
