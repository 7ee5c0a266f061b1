import { Button } from "react-aria-components";
import { ProblemNotice } from "../../components/problem-notice";
import { Spinner } from "../../components/spinner";
import { formatCount, formatMilliseconds, plural } from "../../lib/format";
import { hrefOf } from "../../lib/hash-route";
import { useTitle } from "../../lib/hooks";
import type { ImportState } from "../../imports/imports";
import { nameOf } from "../../imports/job";
import { useConsoleStore } from "../../store/use-store";
import { ChooseFiles } from "./choose-files";
import { ChoicesForm } from "./choices-form";
import { InterruptedPanel } from "./interrupted-panel";
import { RunningPanel } from "./running-panel";
import { useImports } from "./use-imports";

/** Files of people become records: choose them, say what is what, watch them being stored. */
export function ImportView() {
  useTitle("Import files");
  const state = useImports();
  return (
    <div className="page import-files">
      <div className="page-head">
        <div>
          <h1>Import files</h1>
          <p className="dim">They are read, embedded and stored in this browser. Nothing leaves this device, unless you choose a model of a server.</p>
        </div>
      </div>
      <Stage state={state} />
    </div>
  );
}

function Stage({ state }: { state: ImportState }) {
  switch (state.status) {
    case "idle":
      return <ChooseFiles />;
    case "inspecting":
      return <Spinner label={`Reading ${state.names.join(", ")}`} />;
    case "choosing":
      return <ChoicesForm key={state.inspection.files.map(({ name }) => name).join()} inspection={state.inspection} />;
    case "running":
    case "paused":
      return <RunningPanel state={state} />;
    case "interrupted":
      return <InterruptedPanel job={state.job} />;
    case "failed":
      return <Failed state={state} />;
    case "done":
      return <Done state={state} />;
  }
}

function Failed({ state: { problem, job } }: { state: Extract<ImportState, { status: "failed" }> }) {
  const { imports } = useConsoleStore();
  const stored = job?.position.records ?? 0;
  return (
    <>
      <ProblemNotice problem={problem}>
        {job && problem.canPassOver && (
          <Button className="button primary" onPress={() => imports.passOver()}>
            Pass over such records
          </Button>
        )}
        {job && problem.canTryAgain && (
          <Button className="button primary" onPress={() => imports.tryAgain()}>
            Try again
          </Button>
        )}
        <Button className="button" onPress={() => void imports.discard()}>
          {job ? "End the import" : "Choose other files"}
        </Button>
      </ProblemNotice>
      {stored > 0 && <p className="dim">{plural(stored, "record")} of it are stored, and stay.</p>}
      {!job && <ChooseFiles />}
    </>
  );
}

function Done({ state: { job, position, milliseconds } }: { state: Extract<ImportState, { status: "done" }> }) {
  const { collection } = job.options;
  const seconds = milliseconds / 1000;
  return (
    <>
      <section className="panel import-done" aria-labelledby="import-done-title">
        <h2 id="import-done-title">{nameOf(job)} is imported</h2>
        <p role="status">
          {plural(position.records, "record")} in {formatMilliseconds(milliseconds)}
          {seconds > 1 && `, ${formatCount(position.records / seconds)} a second`}
          {position.passedOver > 0 && `; ${plural(position.passedOver, "row")} passed over`}.
        </p>
        <div className="button-row">
          <a className="button primary" href={hrefOf("search", collection)}>
            Search {collection}
          </a>
          <a className="button" href={hrefOf("records", collection)}>
            See the records
          </a>
        </div>
      </section>
      <ChooseFiles />
    </>
  );
}
