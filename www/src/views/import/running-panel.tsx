import { Pause, Play } from "lucide-react";
import { Button, Label, ProgressBar } from "react-aria-components";
import { ConfirmButton } from "../../components/confirm-button";
import type { ImportState } from "../../imports/imports";
import { nameOf } from "../../imports/job";
import { formatCount, formatPercent, plural } from "../../lib/format";
import { useConsoleStore } from "../../store/use-store";

type Running = Extract<ImportState, { status: "running" | "paused" }>;

/** How far the import is, how fast, and how long it will take. */
export function RunningPanel({ state }: { state: Running }) {
  const { imports } = useConsoleStore();
  const { job, advance, status } = state;
  const isPaused = status === "paused";
  return (
    <section className="panel import-running" aria-labelledby="running-title">
      <h2 id="running-title">
        {nameOf(job)} → {job.options.collection}
      </h2>
      <ProgressBar className="progress" value={advance.share} maxValue={1}>
        {({ percentage = 0 }) => (
          <>
            <div className="progress-track">
              <div className="progress-fill" style={{ transform: `scaleX(${percentage / 100})` }} />
            </div>
            <div className="progress-text">
              <Label>{isPaused ? "Paused" : "Storing records"}</Label>
              <span data-testid="file-progress">{describe(state)}</span>
            </div>
          </>
        )}
      </ProgressBar>
      <p className="dim">
        {job.isKept
          ? "You can leave this page or close it: the import goes on, or can be continued when you come back."
          : "Keep this page open: there is no copy of the file here to go on with after a reload."}
      </p>
      <div className="button-row">
        <Button className="button primary" onPress={() => (isPaused ? imports.goOn() : imports.pause())}>
          {isPaused ? <Play aria-hidden size={16} /> : <Pause aria-hidden size={16} />}
          {isPaused ? "Go on" : "Pause"}
        </Button>
        <ConfirmButton
          label="End"
          title="End the import?"
          text={`The ${plural(advance.records, "record")} that are stored stay. The rest of the file is not imported.`}
          confirm="End the import"
          onConfirm={() => imports.discard()}
        />
      </div>
    </section>
  );
}

function describe({ status, advance, perSecond, secondsLeft, fetched }: Running): string {
  if (fetched !== undefined && advance.records === 0) return fetched < 1 ? `Fetching the model, ${formatPercent(fetched)}` : "Starting the model";
  const parts = [plural(advance.records, "record")];
  if (status === "running" && perSecond > 0) parts.push(`${formatCount(perSecond)} a second`);
  if (status === "running" && secondsLeft !== undefined) parts.push(`${formatDuration(secondsLeft)} left`);
  return parts.join(" · ");
}

/** Whole seconds, then minutes: the estimate is no better than that. */
function formatDuration(seconds: number): string {
  if (seconds < 60) return `about ${Math.max(1, Math.round(seconds))} s`;
  return `about ${Math.round(seconds / 60)} min`;
}
